"""Ray: reaching it, whether and where each phase of a run fits, and the actors that phases share.

`nodes` says what there is, `placement` packs, `resources` plans all phases with it, `memory` holds the plan against the
accelerators' memory, `slots` reserves the places, `actor_groups` fills them by `actor_calls`. `ray_trainer` is Ray
Train as trainings use it, `training_workers` are workers of it that stay. May import config, trackers and errors. A new
group of actors is a method of `ActorGroups` that starts it when a phase needs it, its size in
`resources.plan_resources`, and its end in `release_for`.
"""
