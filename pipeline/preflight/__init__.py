"""What is found out before any work: what would stop a command, and what it will cost.

`check` refuses, with one clear error, whatever would stop a run; `selectors` does so for what an evaluation's selectors
look at; `estimate` counts episodes, answers and trainings. May import state, methods, evaluation, trackers, config and
errors, nothing heavy at the top of a file: `mucode run --dry-run` passes here. A new check is a function that raises
ConfigError, called from `check_settings` if it needs no network, engine or disk, and from `check` otherwise.
"""
