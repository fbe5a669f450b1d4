"""What crosses packages: specifications, records, results, and the habits all commands share.

Imports the standard library and numpy only; ``progress`` imports tqdm when a bar is made, which no device does.
"""
