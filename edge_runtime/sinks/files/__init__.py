"""Results go in; lines appended to files come out: JSON lines, events, CSV."""
