"""What crosses packages: specifications, records, results, and the habits all commands share.

Imports the standard library and numpy only; ``tensorflow`` and ``progress`` import more where they are called, and
only the commands that work on a computer call them.
"""
