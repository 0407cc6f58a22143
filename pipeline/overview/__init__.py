"""Runs seen from elsewhere: what a run, a study or an evaluation is doing, and what lies below a root.

Reads only, takes no lock, and asks an object store a handful of requests per run. `run_status` is what is known of one
directory; `directory_status` finds it out, by `single_status` or `study_status`; `state` decides whether it works, by
what `driver` and status.json say; `listing` goes through a root, `text` writes lines.
`timeline` is when a run's drivers worked at what, `chrome_trace` makes a trace of it. May import study and what lies
below it.
"""
