"""What of a run directory may go to save room, and that it goes: checkpoints by `run.keep_checkpoints`, left-overs.

`needs` finds what a resume reads, `keeping` what shall be kept, `left_over` what no stage needs; `plan` puts them
together, `removal` carries it out and writes it down. `after_iteration` does so while a run goes on, `before_work`
refuses what needs a checkpoint that went. May import plan.py and what lies below it.
"""
