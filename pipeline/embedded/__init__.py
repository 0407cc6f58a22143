"""The embedded default's models: how the shipped generator and verifier were made, and their cards."""
