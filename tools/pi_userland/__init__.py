"""python -m tools.pi_userland: the project in userlands of Raspberry Pi OS, on this machine."""
