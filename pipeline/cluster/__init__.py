"""Ray: reaching it, and the actors that phases share.

`slots` reserves the places that `pipeline.placement` plans, `actor_groups` fills them by `actor_calls`. `ray_trainer`
is Ray Train as trainings use it, `training_workers` are workers of it that stay. May import what is below it. A new
group of actors is a method of `ActorGroups` that starts it when a phase needs it, its size in
`placement.resources.plan_resources`, and its end in `release_for`.
"""
