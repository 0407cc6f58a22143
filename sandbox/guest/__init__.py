"""What runs inside a box: a fork server and its children. Standard library only (numpy is pre-imported, not used).

`codec`, `frames` are shared with the host, so both sides speak from one definition.
"""
