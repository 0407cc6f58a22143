"""Every setting of a run: what it is called, what it may be, what it defaults to, and where its value came from.

`schema` is the whole config, made of sections; `load` reads TOML files and overrides into it; `presets` and `losses`
are tables whose rows settings name; `describe` writes docs/configuration.md from the schema. May import `errors` and
the tables of rows in `actors` and `sandbox`, and nothing heavy: `mucode --help` passes here. A new setting is a field
with a one-sentence docstring in its section: `added(default)` if it changes the data, `operational(default)` if not.
"""
