"""What host and box share: frames, the code of values, and their equality.

Runs on both sides, with the standard library alone: imports nothing else of this project.
"""
