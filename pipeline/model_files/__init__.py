"""Model directories: made of a GGUF file, and looked at before any work is paid.

May import `state` and what lies below it, and the actors. `gguf` imports, `comparison` compares two models by what they
predict, `directory` reads what a directory's files say without loading weights, `config_shapes` whether its tensors are
those of its config, `chat` renders one example with its tokenizer, and `limited` does that in a process of its own. A
new check is one function in a row of `directory.CHECKS`.
"""
