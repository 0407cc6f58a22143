"""The state of a run: its directory, stages and their manifests, and what makes a resume truthful.

May import cluster (for types), config, trackers, methods, embedded and errors. Every file of a run directory is read
and written through `RunFiles`, and its stages by the one driver that holds it (`lease`); another way to keep runs is
another storage behind `actors.storage`. A new file of the run directory gets a reader and a writer here, and a row in
docs/run-directory.md.
"""
