"""What is found out before any work: what would stop a command, and what it will cost.

`check` refuses, with one clear error, whatever would stop a run; `selectors` does so for what an evaluation's selectors
look at; `settling` gives open settings values; `estimate` counts episodes, answers and trainings. May import state,
methods, evaluation, trackers, sizing, config and errors, nothing heavy: dry runs pass here. A new check is a function
that raises ConfigError, called from `check_settings` if it needs no network, engine or disk, else from `check`.
"""
