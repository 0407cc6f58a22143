"""The built-in family of problems: made from a grammar of list operators, the same in every process, without a file.

    operators, spellings   the language: lines, their meanings, their English; other texts of the same lines
    family                 the problems of the data set `builtin`
    phrases, unsolved      `builtin_phrases`, a test split by phrase; `builtin_unsolved`, training splits with a share
                           that no program of the language solves
    sets                   all three as rows

`sets` may import `sandbox.problems`' data_set and suites, the others `sandbox.problem` alone. A new operator is a row
of `operators.py`. It changes which problems exist, so it comes with a new name of the data set.
"""
