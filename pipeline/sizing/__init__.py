"""What fits: sizes chosen from the model, the memory and the cores.

`machine` tells cores and memory as this process may use them, by affinity and `control_groups`; `model_facts` what a
model's files say of its size, from `tensor_headers` and config.json; `choices` is the rule and refuses what cannot fit;
`description` tells a person. May import config and errors, nothing heavy: a dry run passes here. A new choice is a
field of `choices.Sizes`, a setting that may be unset, and a row in docs/models.md.
"""
