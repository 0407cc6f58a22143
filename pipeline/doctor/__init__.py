"""What this machine, and a cluster, have and lack: each thing one check, with the command that mends it.

`findings` are what checks say, `checks` what a check is and how they are executed, `table` the checks in their order,
`output` how findings are printed; every other file holds the checks of one thing, `cluster` those of other nodes. May
import preflight, model_files, state, cluster, sizing, config, trackers and errors; a base installation has none of
Ray, torch and pyarrow, so those are imported inside the check that needs them. A new check is a function of
`Surroundings` that returns findings, or raises a UserError, and a row of `table.LOCAL_CHECKS`.
"""
