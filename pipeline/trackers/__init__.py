"""Trackers: who is told what happens in a run. Per training step, per stage, per iteration (tracker.py).

`open_trackers(config.run.trackers, root)` opens the rows of TRACKERS (kinds.py) as one TrackerGroup; `follow_training`
tells it of a training while that goes on. To add one: a class with the five methods of `Tracker`, and a `TrackerKind`
that opens it on a run directory; name that `package.module:NAME` in `run.trackers`, or declare it as an entry point of
the group `mucode.trackers`. May import actors.storage, sandbox, and of the pipeline config and errors alone.
"""
