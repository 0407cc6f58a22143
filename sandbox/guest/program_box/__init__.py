"""The program's side of a conversation with a judge box: what the tests ask for, answered beside the program.

May import the guest's exceptions and merging, and the protocol. `objects` answers; `given` is what a call changed of
its arguments, `loans` are values that the tests may change in place, `special` is what Python's operators ask. Nothing
here is trusted.
"""
