"""What crosses packages: specifications, records and results. One file a contract; others import the files.

Imports the standard library and numpy only.
"""
