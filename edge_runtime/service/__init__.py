"""edge-run as a service of a device.

config_file   run.toml: what the command line says, in a file
unit          a systemd unit that runs it
notify        how systemd learns that it is ready and alive
"""
