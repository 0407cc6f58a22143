"""Errors that explain themselves to a person."""

from sandbox.errors import UserError


class ConfigError(UserError, ValueError):
    """A setting is wrong; the message names it, its value and what was expected."""


class StoreError(UserError, RuntimeError):
    """A run directory cannot be used as asked; the message says what differs and what to do."""
