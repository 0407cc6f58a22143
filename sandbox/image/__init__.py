"""The images that boxes start from: `build.ensure_image()` makes what is missing, for one language at a time.

May import containers (the engine's client) and languages (what a language's layer holds). The image holds the rooms
guest and protocol, in a package `sandbox` whose `__init__` is empty.
"""
