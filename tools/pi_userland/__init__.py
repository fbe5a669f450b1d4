"""tools/pi-userland: the project in userlands of Raspberry Pi OS, on this machine."""
