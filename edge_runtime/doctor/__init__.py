"""This device goes in; what it has, what is missing, and the command that fixes it come out.

Nothing here imports numpy or an interpreter: they are tried in child processes, so that one that is missing, broken or
crashes is a finding and not the end of the doctor.
"""
