"""How long a run will take, and on what: an estimate before launch, beside the truth of what is finished.

`cluster` reads a cluster from a few words, `speeds` says what its devices compute, `stages` what each stage of a run
asks of them, `text` tells a person. May import plan, stages, state, placement, sizing and config. A device is a row of
`cluster.ACCELERATORS`; the kind of a stage is in its `Rate`.
"""
