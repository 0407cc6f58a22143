"""Stages of another run that are what this run would make: `finished` takes them over, so that nothing is made twice.

A stage is named by a hash over all that decides its content, so equal hashes are equal content. May import what `state`
may.
"""
