"""Searching: one episode of sampling, selecting and feedback, and what identifies it.

`search` runs an episode, `selection` says which answers a turn keeps, `plan` says what to sample and makes ids and
seeds, `request_cache` asks each question once, `selectors` is the table of selectors, `episode` holds the records and
their Arrow schema. Imports scorers, inference, prompting and what is below them. To add a selector, write a row of
`selectors.SELECTORS`, or name one of your own.
"""
