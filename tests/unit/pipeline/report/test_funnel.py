"""From samples to training data: counts that add up, and counts that do not."""

from pathlib import Path

from actors.search.episode import EPISODE_SCHEMA
from pipeline.report.funnel import funnel_steps
from pipeline.report.page import write_report
from pipeline.stages.tasks import SCORE_SCHEMA
from pipeline.state.store import Store
from tests.support.small_run import EPISODES, finish


def test_funnel_adds_up(store: Store) -> None:
    """Five sampled: two solved, one wrong on private tests, one too slow, one lost to the sandbox."""
    ended = {"episodes": 5, "ended_passed": 3, "ended_turns": 1, "ended_infrastructure": 1, "answers": 7}
    counted = {**ended, "answers_judged": 6, "answers_infrastructure": 1, "turns": 7}
    counts = {"problems": 9, "problems_with_pairs": 4, "problems_without_right_answer": 3, "pairs": 31}
    whole = finish(store, 1, "pairs", [([], SCORE_SCHEMA, counts | {"problems_without_wrong_answer": 2})])
    torn = finish(store, 2, "examples", [([], SCORE_SCHEMA, {"problems": 9, "problems_with_examples": 4})])
    episodes = finish(
        store, 2, "episodes", [(EPISODES[:3], EPISODE_SCHEMA, counted), (EPISODES[3:], EPISODE_SCHEMA, {})]
    )
    sampled, endings, answers, pairs, examples = funnel_steps([episodes, whole, torn])
    assert sampled.parts == {"accepted": 2, "wrong_answer": 1, "time_limit": 1, "infrastructure_error": 1}
    assert (sampled.total, sampled.extras, sampled.adds_up) == (5, {"judged": 4}, True)
    assert (endings.total, list(endings.parts.values()), endings.adds_up) == (5, [3, 1, 0, 0, 1], True)
    assert (answers.total, list(answers.parts.values()), answers.adds_up) == (7, [6, 0, 0, 1], True)
    assert (pairs.total, list(pairs.parts.values()), pairs.extras) == (9, [4, 3, 2, 0], {"pairs": 31})
    assert pairs.adds_up
    assert not examples.adds_up
    page = Path(write_report(store)).read_text()
    assert "Counts that do not add up (✗): Problems to training examples, iteration 2." in page
