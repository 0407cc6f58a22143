"""One container, seen from the host: what it may do, how bytes reach it, its runs, and who removes it.

May import the protocol and the records below; nothing here knows of verdicts.
Another way to reach a box is one more `Connection` (`connection.py`) and its name in `TransportName`.
"""
