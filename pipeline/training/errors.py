"""Errors of trainings."""

from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError


class TrainingError(UserError, ValueError):
    """A training cannot start; the message says what was found and what to change."""


class TrainingFailed(TrainingError):
    """A training ended before it was done; the same command goes on from the state that was saved, or starts again."""

    exit_status = ENDED_IN_THE_MIDDLE
