"""Where a child process starts. Python puts this folder first on the child's path, so nothing else may lie here."""
