"""The child of a judge box: it runs the trusted tests, beside the program, in a container of its own.

May import the guest's channel and exceptions, and the protocol. `judging.run_tests` is the way in; `remote` is what
tests see of the program, `asserts` what they say, `comparing` what they compare with, `raising` the exceptions that
they expect, `cases` the classes of unittest and functions of pytest that they define. `checking.run_checker` is the
way in for a problem's own checker of outputs.
"""
