"""What is trained on in the end: the tokens with a loss, for every strategy under every protocol, and what may never
be in them. The rule: the loss is on the target and the end of its turn (arXiv 2502.20380, eq. 5), nowhere else.
"""

import asyncio
import math
import tempfile
from dataclasses import replace
from itertools import product
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.ids import stable_seed
from actors.prompting.dialogue import build_dialogue
from actors.prompting.feedback import FEEDBACK_STYLES
from actors.prompting.prompts import PROMPT_FORMATS
from actors.search.episode import Episode
from actors.search.plan import SearchPlan
from actors.search.request_cache import RolloutServices
from actors.storage.parts import commit_part
from pipeline.config.presets import PROTOCOLS
from pipeline.methods.relabel import DROPPED, EXAMPLE_SCHEMA, relabel
from pipeline.methods.strategies import STRATEGIES
from pipeline.training.collate import collate_examples
from pipeline.training.target_loss import TargetLoss
from sandbox.problem import FunctionTest, Problem, Suite
from sandbox.verdict import Outcome, TestResult, Verdict
from tests.support.episodes import INFRA, answer, episode, right, wrong
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox, watched
from tests.support.searches import play_episode
from tests.support.tiny_models import tiny_tokenizer
from tests.unit.pipeline.methods.test_golden_relabel import SCORES, P, Q, settled

EVERY = [(name, protocol) for name in STRATEGIES if STRATEGIES[name].trains for protocol in PROTOCOLS]


def read(rows: list[dict[str, Any]], tokenizer: Any) -> list[Any]:
    """Training items of the rows, in the order of their ids, as fine-tuning reads them from a committed stage."""
    with tempfile.TemporaryDirectory() as directory:
        commit_part(directory, 0, pa.Table.from_pylist(rows, schema=EXAMPLE_SCHEMA))
        return TargetLoss().read_examples(directory, tokenizer, 4096).kept


def test_one_example_token_by_token() -> None:
    """µCode under the release protocol: after w0 and its feedback, e0 is trained to answer r1."""
    tokenizer = tiny_tokenizer()
    rows = relabel(P, SCORES, settled("mucode", "release"), "mucode").examples
    (row,) = (row for row in rows if (row["history_episode"], row["history_turn"]) == ("e0", 1))
    (item,) = read([row], tokenizer)
    masked = ["<user>", *"promptĠofĠp", "<asst>", "w", "0", "<end>", "<user>", *"fb0", "<asst>"]
    assert tokenizer.convert_ids_to_tokens(list(item.sequences[0])) == [*masked, "r", "1", "<end>"]
    assert (item.start, item.target_tokens) == (len(masked), 3)


@pytest.mark.parametrize(("name", "protocol"), EVERY)
def test_the_loss_is_on_the_target_and_its_end_of_turn(name: str, protocol: str) -> None:
    tokenizer = tiny_tokenizer()
    rows = [
        *relabel(P, SCORES, settled(name, protocol), name, "ref").examples,
        *relabel(Q, SCORES, settled(name, protocol), name, "ref").examples,
    ]
    items = read(rows, tokenizer)
    assert len(items) == len(rows) > 0
    batch = collate_examples(items, items[0])
    for number, row in enumerate(sorted(rows, key=lambda row: row["example_id"])):
        ids = batch.ids[number][batch.mask[number].bool()].tolist()
        chat = "".join(
            f"<asst>{said['content']}<end>" if said["role"] == "assistant" else f"<user>{said['content']}"
            for said in row["messages"]
        )
        start = int(batch.starts[number])
        assert tokenizer.decode(ids[:start]) == f"{chat}<asst>"
        assert tokenizer.decode(ids[start:]) == f"{row['target']}<end>"
        assert float(batch.weights[number]) == pytest.approx(row["weight"])


def test_the_weight_of_an_example_is_in_its_loss() -> None:
    """RISE: e0.0 > r2 weighs exp(1 / 0.4) and e0.1 > w1 exp(0); both have 3 target tokens."""
    rows = relabel(P, SCORES, settled("rise", "default"), "rise").examples
    kept = [row for row in rows if row["history_episode"] == "e0"]
    shares = sorted(TargetLoss().loss_weight(item) for item in read(kept, tiny_tokenizer()))
    assert shares == pytest.approx([3, 3 * math.exp(2.5)])


# ---- properties -----------------------------------------------------------------------------------------------


@st.composite
def sampled_problems(draw: st.DrawFn) -> tuple[list[Episode], dict[tuple[str, int], float]]:
    """Episodes of one problem: right, wrong and lost answers at random; scores for some of them."""
    kind = st.sampled_from("rwi")
    shapes = draw(st.lists(st.tuples(st.lists(kind, max_size=3), st.integers(0, 2)), max_size=5))
    made = {"r": right, "w": wrong, "i": lambda text: answer(text, INFRA)}
    episodes = [
        episode(
            f"e{n}",
            *(made[one](f"{one}{draw(st.integers(0, 3))}") for one in shape),
            iteration=iteration,
            sample=n,
            infrastructure="i" in shape,
        )
        for n, (shape, iteration) in enumerate(shapes)
    ]
    places = [(one.episode_id, turn) for one in episodes for turn in range(len(one.turns))]
    scores = {place: draw(st.floats(-20, 20)) for place in places if draw(st.booleans())}
    return episodes, scores


@given(sampled_problems(), st.sampled_from(EVERY), st.sampled_from([None, "ref"]))
def test_targets_are_the_problems_own_and_counts_add_up(
    sampled: tuple[list[Episode], dict[tuple[str, int], float]], which: tuple[str, str], reference: str | None
) -> None:
    episodes, scores = sampled
    found = relabel(episodes, scores, settled(*which), which[0], reference)
    answers = {(one.episode_id, n): turn.answer for one in episodes for n, turn in enumerate(one.turns)}
    lost = {one.episode_id for one in episodes if one.infrastructure}
    for row in found.examples:
        assert row["problem_id"] == "p" and row["history_episode"] not in lost
        if row["target_episode"]:
            assert row["target"] == answers[row["target_episode"], row["target_turn"]].response
            assert row["target_episode"] not in lost
        else:
            assert row["target"] == reference == "ref"
        history = next(one for one in episodes if one.episode_id == row["history_episode"])
        assert row["messages"] == history.messages(row["history_turn"])
        assert math.isfinite(row["weight"]) and row["weight"] > 0
    counts = found.counts
    assert counts["histories"] == counts["examples"] + sum(counts[reason] for reason in DROPPED)
    assert counts["examples"] == len(found.examples) == len({row["example_id"] for row in found.examples})
    assert counts["problems"] == sum(count for key, count in counts.items() if key.startswith("problems_"))


SECRET = "SECRET"
TESTED = Problem(
    problem_id="p",
    prompt="Add.\nf(1) == 2",
    setup="import math",
    public_tests=(FunctionTest("assert f(1) == 2"),),
    private_tests=(FunctionTest(f"assert f('{SECRET}') == 3"),),
    entry_point="f",
    reference=f"def f(x):\n    return {SECRET}",
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from([pair for pair in product(PROMPT_FORMATS, FEEDBACK_STYLES) if pair != ("bare", "explain")]),
    st.booleans(),
    st.sampled_from(["public", "all"]),
    st.sampled_from(["first", "random", "pt", "oracle"]),
    st.booleans(),
    st.lists(st.sampled_from(list(Verdict)[:-1]), min_size=2, max_size=6),
)
def test_no_private_test_reaches_a_prompt(
    pair: tuple[str, str], show_tests: bool, stop: Any, selector: str, every_test: bool, verdicts: list[Verdict]
) -> None:
    """Private tests say SECRET in their text, their messages and the reference; the model is never told."""

    def judge(problem: Problem, program: str, suite: Suite) -> Outcome:
        verdict = verdicts[stable_seed(program, suite) % len(verdicts)]
        message = "" if verdict is Verdict.ACCEPTED else SECRET if suite == "private" else "got 1, expected 2"
        return Outcome(verdict=verdict, tests=(TestResult(index=0, verdict=verdict, message=message),), message=message)

    plan = SearchPlan(
        turns=3,
        width=2,
        selector=selector,
        style=pair[0],
        feedback=pair[1],
        show_tests=show_tests,
        stop=stop,
        every_test=every_test,
        judge_all=every_test,
    )
    engine = FakeEngine("fake", lambda chat, seed: f"```python\nx = {seed}\n```")
    services = RolloutServices(
        engine=watched(engine), tokenizer=ByteTokenizer(), judge=FakeSandbox(judge), max_context=100_000
    )
    played = asyncio.run(play_episode(services, plan, TESTED, 0, stranger=replace(TESTED, problem_id="other")))
    assert engine.requests and all(SECRET not in chat for chat, _ in engine.requests)
    assert SECRET not in str([turn.feedback for turn in played.turns])
    assert ("f(1) == 2" in played.prompt) is show_tests
    assert build_dialogue(*pair, show_tests).first_prompt(TESTED) == played.prompt
