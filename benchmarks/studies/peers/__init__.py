"""edge-run's classifier beside other ways to run the same model: same frames, same cores, one run, in turn."""
