"""What fits: the machine, as this process may use it.

`machine` tells cores and memory by affinity and control groups. May import config and errors, nothing heavy: a dry run
passes here.
"""
