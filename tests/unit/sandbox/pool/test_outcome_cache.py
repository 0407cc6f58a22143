"""What was judged once is known, and what was not judged is asked again."""

from sandbox.pool.outcome_cache import OutcomeCache
from sandbox.verdict import Outcome, Verdict


def test_the_cache_answers_everybody_once_and_forgets_infrastructure() -> None:
    cache, got = OutcomeCache(2), []
    run = cache.ask("k", got.append)
    assert run is not None
    assert cache.ask("k", got.append) is None and got == []
    broken = Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR)
    run(broken)
    assert got == [broken, broken]
    again = cache.ask("k", got.append)
    assert again is not None
    good = Outcome(verdict=Verdict.ACCEPTED)
    again(good)
    assert cache.ask("k", got.append) is None and got[2:] == [good, good]
