"""The built-in model: a generator and a verifier of 0.2 M parameters, how they were made, and what checks them.

    generator/, verifier/   the shipped weights, each with a card.json: how it was made, checksums (card)
    warm_start              makes both again from the built-in problems' `warm` split, on warm_examples, by training
    embedded.toml           the config of a run that names none

May import actors.prompting, sandbox, and of the pipeline nothing but errors. To replace the model: run
`python -m pipeline.embedded.warm_start --seed 0 --out DIR` and copy DIR here.
"""
