"""Ray: reaching it, whether each phase of a run fits, and the actors that phases share.

May import config, trackers and errors. A new group of actors is a method of `ActorGroups` that starts it when a phase
needs it, its size in `resources.plan_resources`, and its end in `release_for`.
"""
