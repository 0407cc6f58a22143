"""What fits: sizes chosen from the model, the memory and the cores.

`model_facts` tells what a model's files say of its size, from the headers of its tensors and config.json; `choices` is
the rule and refuses what cannot fit on an `actors.machine`; `description` tells a person. May import config and errors,
nothing heavy: a dry run passes here. A new choice is a field of `choices.Sizes`, a setting that may be unset, and a row
in docs/models.md.
"""
