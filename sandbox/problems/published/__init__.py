"""A file per publisher: how its rows become problems, which tests are public and which judge.

May import the files of `problems` beside `load`, which lists the `ROWS` of each. docs/datasets.md says what is public,
what judges, and what of a set cannot be judged. A set whose format is its publisher's alone is one more file here.
"""
