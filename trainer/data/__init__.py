"""Loading, splitting and checking image data."""
