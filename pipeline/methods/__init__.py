"""What a run learns from: strategies, the expert that chooses targets, relabelling, and verifier pairs.

Pure functions over episodes and scores: no files, no actors. Imports state, config and below; neither evaluation nor
training. To add a strategy, write a `Strategy` in a package of your own and name it `run.strategy =
"package.module:NAME"`, or add a row to `strategies.STRATEGIES`, a golden value to
tests/unit/pipeline/methods/test_golden_relabel.py and a line to docs/strategies.md. A kind of pairs is a function and a
`PairKind` in pairs.py.
"""
