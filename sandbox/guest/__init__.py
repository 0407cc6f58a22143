"""What runs inside a box: a fork server and its children. Standard library only (numpy is pre-imported, not used).

May import the protocol and nothing else of this project; it never imports the package `sandbox` itself, whose
`__init__` is empty in a box. Another kind of run is a function of the body's bytes, listed in `run.RUNNERS`.
"""
