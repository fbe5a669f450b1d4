"""The command line of edge-bench goes in; files and tables come out. One file a command."""
