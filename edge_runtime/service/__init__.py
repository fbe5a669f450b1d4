"""A configuration file goes in; a systemd unit comes out, and signs of life while it runs."""
