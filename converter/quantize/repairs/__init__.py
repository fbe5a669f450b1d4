"""Files with 8-bit activations that lose less: the float model is changed before, or the finished file after."""
