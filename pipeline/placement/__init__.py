"""Where the actors of each phase go, before any work.

`nodes` says what there is, `packing` packs, `resources` plans all phases with it, `memory` holds the plan against the
accelerators' memory, `growth` asks for nodes that lack, `room` looks whether a phase still has its place. All but
`growth` is arithmetic on nodes that are there or could be. May import sizing, config, trackers and errors.
"""
