"""Judging programs from anywhere in the cluster.

`executor` is the Ray actor around a sandbox pool, `client` spreads requests over several and outlives their failures,
`batching` sends what is asked at the same time as one call. Imports the sandbox alone, and deadline.
"""
