"""The built-in family of problems: made from a grammar of list operators, the same in every process, no file needed.

May import `sandbox.problem` alone. A new operator is a row of `operators.py`; the problems that exist change with it, so
it comes with a new name of the data set.
"""
