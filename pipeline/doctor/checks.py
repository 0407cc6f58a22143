"""What a check is, and carrying out a table of them: whatever one raises is a finding of its own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.config.schema import Config
from pipeline.doctor.findings import Finding, broken, skipped
from pipeline.errors import what_happened
from sandbox.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a person asks about, beside the machine. `models`: setting or option -> the model that it names."""

    config: Config | None = None
    models: dict[str, str] = field(default_factory=dict)
    root: str = "runs"


Find = Callable[[Surroundings], Finding | Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """`find` looks, and raises a UserError or returns what it found. `needs`: checks without which it is not tried."""

    name: str
    find: Find
    needs: tuple[str, ...] = ()


def find_all(checks: Sequence[Check], surroundings: Surroundings) -> Iterator[Finding]:
    """Findings in the order of `checks`, each as soon as it is known."""
    failed: set[str] = set()
    for check in checks:
        for finding in _findings(check, surroundings, failed):
            if finding.status == "fail":
                failed.add(check.name)
            yield finding


def _findings(check: Check, surroundings: Surroundings, failed: set[str]) -> Iterator[Finding]:
    lacking = [name for name in check.needs if name in failed]
    if lacking:
        yield skipped(check.name, f"not tried: {', '.join(lacking)}")
        return
    try:
        found = check.find(surroundings)
        yield from [found] if isinstance(found, Finding) else found
    except UserError as error:
        yield broken(check.name, " ".join(str(error).split()))
    except ModuleNotFoundError as error:  # of a base installation that is asked for more
        yield broken(
            check.name, f"needs {error.name}, which the extras bring: `make setup`, or pip install 'mucode[cpu]'"
        )
    except Exception as error:  # of a library, or of ours: the other checks are still worth their lines
        yield broken(check.name, f"the check itself failed: {what_happened(error)}")
