"""Model directories: made of a GGUF file, and looked at before any work is paid.

May import `state` and what lies below it, and the actors. `gguf` imports, `comparison` compares two models by what they
predict, `directory` reads what a directory's files say without loading weights, `chat` renders one example with its
tokenizer. A new check is one function in a row of `directory.CHECKS`.
"""
