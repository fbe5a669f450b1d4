"""This repository's own measurements: each is a script whose figures stand in docs/. Not in the wheel."""
