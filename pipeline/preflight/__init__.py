"""What is found out before any work: what would stop a command, and what it will cost.

`check` refuses, with one clear error, whatever would stop a run; `selectors` does so for what an evaluation's selectors
look at, `run_folder` for where the run is kept, `ray_address` for who answers at RAY_ADDRESS, `provisions` for what
containers give too little of; `settling` gives open settings values; `estimate` counts episodes, answers, trainings and
bytes. May import state, methods, evaluation, trackers, sizing, config and errors, nothing heavy: dry runs pass here. A
new check is a function that raises ConfigError, called from `check_settings` if it needs no network, engine or disk,
else from `check_run`.
"""
