"""The stages of an iteration: one row each, with title, settings, cost and funnel counts, and the function behind it.

May import training, evaluation, state, cluster, config, trackers and methods; Ray only inside functions, since dry runs
and reports read the rows. To add a stage: write a function (StageContext, **inputs) -> StageOutput and its `Stage` row
in the file of its kind, put the row into `catalogue.STAGES` at its place, and one line into `pipeline/iteration.py`.
Nothing else knows stages by name.
"""
