"""An address of an MJPEG stream or a snapshot goes in; frames come out, with the standard library alone."""
