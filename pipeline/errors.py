"""Errors that explain themselves to a person."""


class ConfigError(ValueError):
    """A setting is wrong; the message names it, its value and what was expected."""


class StoreError(RuntimeError):
    """A run directory cannot be used as asked; the message says what differs and what to do."""
