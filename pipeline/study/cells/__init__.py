"""Cells: what a study's searches solved and spent, as rows, and cells.parquet, of which all of its results are made.

`finished` finds the stages, `rows` reads their searches, and `choices` what one turn's answers tell; `file` writes and
reads them, `pool` lays those of several studies together; `outcomes` and `reader` look up
what is asked of them, as matrices and as estimates; `budgets` compares at equal cost, `repair` what later turns add.
"""
