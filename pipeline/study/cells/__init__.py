"""Cells: what a study's searches solved and spent, as rows, and cells.parquet, of which all of its results are made.

`finished` finds the stages, `rows` reads their searches, `file` writes and reads them; `outcomes` and `reader` look up
what is asked of them, as matrices and as estimates; `budgets` compares at equal cost, `repair` what later turns add.
"""
