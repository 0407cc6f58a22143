"""Searching: one episode of sampling, selecting and feedback, and what identifies it.

`search` runs an episode turn by turn (`levels`): `sampling` asks the engine, `level_selection` asks the judge and the
scorer, `selection` says which answers a turn keeps. `episode_counts` says what happened in numbers, `plan` what to
sample, with ids and seeds; `request_cache` asks each question once, `shard_journal` keeps what a shard that fails has
finished, `selector` says what a selector is, `selectors` is their table, `episode` holds the records and their Arrow
schema. Imports scorers, inference, prompting and what is below them. To add a selector, write a row of
`selectors.SELECTORS`, or name one of your own.
"""
