"""Whether a run directory holds what was written: before work goes on in it, and for a person who asks.

May import `stages` and what lies below it. `before_work` refuses what would end a run in the middle, at a cost that
does not grow with the parts; `inspection` reads every file and names everything that it finds. What is wrong with the
files of one stage is said in `state.verification`.
"""
