"""The bank: hostile, cheating and honest programs, one per file, each with its right verdict in its first lines.

    # row: C2                          its id in the catalogue of attacks, twelve groups A to L
    # attack: what it tries
    # problem: split judge stdio       the problems that it is run on (names of a table such as `problems.PROBLEMS`)
    # verdict: wrong_answer            what is right for it: one or more of the verdicts, or `rejected`
    # verdict stdio: runtime_error     on one of its problems, or on the `public` suite of all of them
    # naive: exit assert               the naive judges that accept it, which makes it a cheat
    # cpu: 3   # wall: 1.5             limits in seconds, where those of the problem do not fit
    # repeat: 3                        times to run it, with one and the same outcome
    # expand                           `<<<expression>>>` in the program stands for the expression's text
    # slow                             not part of the fast tests

The header's comment sign is the language's: `#` or `//`. Nothing else here depends on a language.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.verdict import Verdict

FOLDER = Path(__file__).parent
SIZES = {"A": 9, "B": 13, "C": 16, "D": 16, "E": 12, "F": 7, "G": 9, "H": 8, "I": 6, "J": 11, "K": 8, "L": 6}
"""Rows of each group of the catalogue."""
CATALOGUE = frozenset(f"{group}{number}" for group, size in SIZES.items() for number in range(1, size + 1))
REJECTED = frozenset(Verdict) - {Verdict.ACCEPTED, Verdict.UNJUDGED, Verdict.INFRASTRUCTURE_ERROR}
HEADER = re.compile(r"(?:#|//) ([a-z]+)(?: ([a-z_]+))?(?:: (.*))?")
KEYS = {"row", "attack", "problem", "verdict", "naive", "cpu", "wall", "repeat", "expand", "slow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One program of the bank. `verdicts`: what is right, by problem; under "" for all the others."""

    name: str
    row: str
    attack: str
    problems: tuple[str, ...]
    verdicts: dict[str, frozenset[Verdict]]
    naive: tuple[str, ...]
    cpu_s: float | None
    wall_s: float | None
    repeat: int
    slow: bool
    program: str

    def right(self, problem: str) -> frozenset[Verdict]:
        return self.verdicts.get(problem, self.verdicts[""])


def entries(suffix: str = ".py", folder: Path = FOLDER) -> Iterator[Entry]:
    """All programs of one language, in the catalogue's order. Raises ValueError for a header that makes no sense."""
    paths = (path for path in folder.glob(f"*/*{suffix}") if re.match("[a-l]_", path.parent.name))
    yield from sorted(map(_read, paths), key=lambda entry: (entry.row[0], int(entry.row[1:]), entry.name))


def _read(path: Path) -> Entry:
    text = path.read_bytes().decode()
    fields: dict[str, str] = {}
    verdicts: dict[str, frozenset[Verdict]] = {}
    for line in text.split("\n"):
        match = HEADER.fullmatch(line)
        if match is None or match[1] not in KEYS:
            break
        if match[1] == "verdict":
            verdicts[match[2] or ""] = _verdicts(match[3])
        else:
            fields[match[1]] = match[3] or ""
    name = f"{path.parent.name}/{path.name}"
    if not {"row", "attack", "problem"} <= fields.keys() or "" not in verdicts or fields["row"] not in CATALOGUE:
        raise ValueError(f"{name}: its first lines must give row, attack, problem and verdict; found {fields}")
    return Entry(
        name=name,
        row=fields["row"],
        attack=fields["attack"],
        problems=tuple(fields["problem"].split()),
        verdicts=verdicts,
        naive=tuple(fields.get("naive", "").split()),
        cpu_s=float(fields["cpu"]) if "cpu" in fields else None,
        wall_s=float(fields["wall"]) if "wall" in fields else None,
        repeat=int(fields.get("repeat", 1)),
        slow="slow" in fields,
        program=re.sub("<<<(.*?)>>>", lambda part: str(eval(part[1])), text) if "expand" in fields else text,
    )


def _verdicts(names: str) -> frozenset[Verdict]:
    return REJECTED if names == "rejected" else frozenset(map(Verdict, names.split()))
