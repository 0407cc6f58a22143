"""What a run learns from: strategies, the expert that chooses targets, relabelling, and verifier pairs.

Pure functions over episodes and scores: no files, no actors. Imports config and below; state imports it, since a
stage's identity holds its strategy's row.

To add a strategy, write a `Strategy` in a package of your own and name it, run.strategy = "package.module:NAME". One to
be shipped is a row of `strategies.STRATEGIES`, a golden value in tests/unit/pipeline/methods/test_golden_relabel.py
and a line of docs/strategies.md. A further kind of pairs is a function and a `PairKind` in pairs.py.
"""
