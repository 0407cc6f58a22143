"""A training's examples on disk: rows are read as a stream, each once per node, and tokens are read where they lie.

`rows` streams a stage's Parquet through the ranks of a node; `token_files` keeps what they make of it. Imports the
training room beside it; objectives call `rows.store_examples`, and the loop sees a sequence.
"""
