"""Programs with one small fault each get the verdict of a plain process that runs the same tests."""

import pytest

from benchmarks import differential
from sandbox.pool.pool import Pool


def check(pool: Pool, name: str, count: int) -> list[differential.Row]:
    rows = differential.compare(pool, name, count)
    assert len(rows) >= count * 0.9
    assert not [row for row in rows if row["kind"] == "disagree" and row["problem"] not in differential.EXPLAINED]
    return rows


def test_a_few_of_humaneval(pool: Pool, data: None) -> None:
    rows = check(pool, "humaneval", 20)
    assert sum(row["kind"] == "both reject" for row in rows) >= 10


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", differential.SHARES)
def test_two_thousand_programs_over_all_sets(pool: Pool, node: None, data: None, name: str) -> None:
    check(pool, name, differential.SHARES[name])
