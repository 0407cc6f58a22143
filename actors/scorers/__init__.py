"""What ranks answers by a number.

`scorer` holds the protocol and the table, `verifier` the learned verifier, `actor` the Ray actor that hosts any row,
`client` what asks it. Imports prompting and storage. To add a scorer, write a row of `scorer.SCORERS`, or name one of
your own in `verifier.scorer`.
"""
