"""Studies: several methods over several seeds, what they share computed once, and what was found.

`spec` reads the study file and `runs` makes its runs; `dry_run` and `forecast` say what they cost; `execute` carries
them out, `sequential` in this process or `parallel` in several; `cells` hold what they solved, from which `hypotheses`,
`tables`, `dials`, `results`, `figures` and `page` are made; `publish` writes them. Imports anything below: iteration,
report, preflight, stages, evaluation, state, config. The dry run of a study imports neither Ray nor torch.

To add a hypothesis, write a function of a `StudyComparer` that yields comparisons and a row of
`hypotheses.HYPOTHESES`; a table is a function of a `StudyReader` in `tables.TABLES`. Keys of study files, folders and
result files keep their names: `cells` are the runs of a study, `lanes` its worker processes, `claims` its hypotheses.
"""
