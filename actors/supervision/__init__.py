"""Actors that die, hang or lose their node: who notices, who starts another one, and how often.

`supervisor` hands shards to workers and replaces the lost ones, one to a `worker_slot`; `crew` is what it asks of those
who know the workers, `restart_budget` how often each may be lost, `node_loss` when that was its node. `revival` says
which errors mean that an actor is gone, and waits for one that Ray starts again. Imports deadline alone.
"""
