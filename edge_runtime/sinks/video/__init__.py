"""Results go in; a video of the frames with what was found in them comes out."""
