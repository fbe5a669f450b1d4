"""The habits of every command: arguments in; exit codes, one line for an error, whole files and progress out.

One file a habit; others import the files. Imports the contracts only.
"""
