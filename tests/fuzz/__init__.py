"""Damaged input of every reader: a right result or a clear error, never a traceback, a hang or a changed file.

`cases` executes a case many times and judges what comes out, `values` has what nobody expects in a file, `documents`
damages what JSON and TOML can say, `files` bytes, tables and folders. Every strategy begins with what is right. A test
named `…[few]` is part of `make test` and always tries the same examples; `…[many]` is slow and draws new ones each time
(`--hypothesis-seed=N` repeats them).
"""
