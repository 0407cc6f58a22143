"""`mucode sandbox overlap`: how many problems of each data set are also in each of the others."""

from collections.abc import Sequence

from sandbox.errors import ProblemError
from sandbox.problem import Problem
from sandbox.problems.load import DATA_SETS, read_problems
from sandbox.problems.overlap import find_overlap


def readable_sets() -> list[str]:
    """The shipped data sets, split by split where they are read so, that can be read here."""
    found = []
    for row in DATA_SETS.values():
        for name in [f"{row.name}:{split}" for split in row.splits] if row.needs_split else [row.name]:
            try:
                read_problems(name)
            except ProblemError:
                continue
            found.append(name)
    return found


def print_overlaps(names: Sequence[str]) -> int:
    """One line per pair of sets that share problems; those that cannot be judged count. Raises ProblemError.

    Without names: of all shipped sets that can be read here.
    """
    sets = {name: _every(name) for name in names or readable_sets()}
    for train in sets:
        for test in sets:
            shared = find_overlap(sets[train], sets[test]) if train != test else []
            if shared:
                by_id = sum(item.by_id for item in shared)
                kinds = f"{by_id} by id, {len(shared) - by_id} by text"
                print(f"{len(shared)} of the {len(sets[test])} problems of {test} are in {train} ({kinds})")
    print(f"compared: {', '.join(f'{name} ({len(problems)})' for name, problems in sets.items())}")
    return 0


def _every(name: str) -> list[Problem]:
    data = read_problems(name)
    return [*data.problems, *data.excluded]
