"""What a model gains by searching alone, without any training: `claims` has the comparisons, `tables` the numbers.

They look at the base model, and at variants of it that differ in what the model is told after a failure.
"""
