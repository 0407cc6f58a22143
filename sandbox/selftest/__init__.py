"""Proof that every promised limit of the boxes holds on this machine, before a program is trusted to it.

May import the pool and the rooms below it. Another limit check is one file in `programs/`: what it tries, and the words
of its header, are described in `limits.py`. Programs are data: nothing imports them.
"""
