"""Errors that explain themselves to a person."""

from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError


class ConfigError(UserError, ValueError):
    """A setting is wrong; the message names it, its value and what was expected."""


class StoreError(UserError, RuntimeError):
    """A run directory cannot be used as asked; the message says what differs and what to do."""


class StrategyError(UserError, ValueError):
    """A function of a strategy returned what it may not; the message says which, what, and what was expected."""

    exit_status = ENDED_IN_THE_MIDDLE
