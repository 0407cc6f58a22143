"""The built-in family of problems: made from a grammar of list operators, the same in every process, without a file.

May import `sandbox.problem` alone. A new operator is a row of `operators.py`. It changes which problems exist, so it
comes with a new name of the data set.
"""
