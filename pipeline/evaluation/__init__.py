"""Numbers out of searches and verifiers: estimators, intervals, metric rows, claims.

search_records reads episodes, search_metrics and verifier_metrics make rows of them, metrics is what the `metrics`
stage computes, best_of_n says which searches there are, claims compares two of them. It may import state and what is
below (cluster, config), and the actors; neither methods nor training. To add a metric, add its rows in search_metrics
or verifier_metrics (a function of records that returns MetricRows, with the intervals of `intervals`)
and a line to docs/evaluation.md; rows of a new name are stored and change no other row.
"""
