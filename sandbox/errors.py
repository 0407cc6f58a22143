"""What can go wrong with the sandbox itself. None of these says anything about a program."""


class SandboxError(Exception):
    """The sandbox, not the program."""


class SandboxUnavailable(SandboxError):
    """No box can be had on this machine. The text says what to do about it."""


class BoxLost(SandboxError):
    """A box died, hung or spoke nonsense during a run. The run is repeated in another box."""


class Overloaded(SandboxError):
    """The pool's queue stayed full for longer than the caller wanted to wait."""


class ProblemError(SandboxError):
    """Problems or samples that cannot be read. The text names the file, the line and the field."""
