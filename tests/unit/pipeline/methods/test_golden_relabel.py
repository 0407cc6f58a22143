"""Golden relabelling: every strategy under every protocol on hand-made episodes, derived by hand.

The formulas (arXiv 2502.20380), with R = 1 for a correct answer and 0 otherwise, and R_phi the score:

    y* = argmax over answers found for x of oracle_weight·R(x, y) + verifier_weight·R_phi(x, y)    (eq. 4)
    every history of x is trained to give y*                                                        (eq. 5)

Problem p, answers in order, with their scores; r is right, w is wrong; e4 was lost by the sandbox:

    e0 (iteration 0, sample 0)   w0 13     w1 8
    e1 (iteration 0, sample 1)   w2 0      r1 2
    e2 (iteration 0, sample 2)   r2 1
    e3 (iteration 1, sample 0)   w3 -1     w4 0.5     r3 -4
    e4 (iteration 1, sample 1)   w5

    value           w0    w1    w2   r1    r2    w3     w4     r3
    1.0 and 0.1     1.3   0.8   0    1.2   1.1   -0.1   0.05   0.6     so eq. 4 prefers the wrong w0 to r1
    100 and 1       13    8     0    102   101   -1     0.5    96

Trajectories in the order in which they lend: failing first, then by score: e0, e1, e2, e3. Where the verifier does not
count: failing first, then newest iteration, then sample: e0, e3, e1, e2. By score alone: 8, 2, 1, -4: e0, e1, e2, e3.

Problem q is never solved: f0 (iteration 0) a 3, b 5. Its reference solution is "ref".
"""

from functools import cache
from typing import Any

import pytest

from pipeline.config.load import load_config
from pipeline.config.schema import Config
from pipeline.methods.relabel import DROPPED, Relabelled, relabel
from pipeline.methods.strategies import STRATEGIES, Strategy
from tests.support.episodes import INFRA, UNJUDGED, A, answer, episode, right, wrong

P = [
    episode("e0", wrong("w0"), wrong("w1"), sample=0),
    episode("e1", wrong("w2"), right("r1"), sample=1),
    episode("e2", right("r2"), sample=2),
    episode("e3", wrong("w3"), wrong("w4"), right("r3"), iteration=1, sample=0),
    episode("e4", answer("w5", INFRA), iteration=1, sample=1, infrastructure=True),
]
Q = [episode("f0", wrong("a"), wrong("b"), problem="q")]
SCORES = {
    **{("e0", 0): 13.0, ("e0", 1): 8.0, ("e1", 0): 0.0, ("e1", 1): 2.0, ("e2", 0): 1.0},
    **{("e3", 0): -1.0, ("e3", 1): 0.5, ("e3", 2): -4.0, ("f0", 0): 3.0, ("f0", 1): 5.0},
}

OWN_FINAL = {
    "e0": "e0.0>w1 e0.1>w1",
    "e1": "e1.0>r1 e1.1>r1",
    "e2": "e2.0>r2",
    "e3": "e3.0>r3 e3.1>r3 e3.2>r3",
}
OWN_NEXT = {
    "e0": "e0.0>w0 e0.1>w1",
    "e1": "e1.0>w2 e1.1>r1",
    "e2": "e2.0>r2",
    "e3": "e3.0>w3 e3.1>w4 e3.2>r3",
}
RELEASED = "e0.0>r1 e0.1>r1 e1.0>r1 e1.1>r1 e2.0>r2 e3.0>r3 e3.1>r3 e3.2>r3"
"""One failing trajectory gets y* = r1, all that end correct keep their own."""


def all_to(target: str, *histories: str) -> str:
    return " ".join(f"{history}>{target}" for history in " ".join(histories).split())


E0, E1, E2, E3 = "e0.0 e0.1", "e1.0 e1.1", "e2.0", "e3.0 e3.1 e3.2"

GOLDEN = {
    # Today's effect: correct first, the verifier breaks the tie (r1: 2 > 1), three trajectories lend.
    ("mucode", "default"): all_to("r1", E0, E1, E2),
    ("mucode_ov", "default"): all_to("r1", E0, E3, E1),  # r1 is the first correct answer found
    ("mucode_lv", "default"): all_to("w0", E0, E1, E2),  # 13 is the highest score
    ("rft", "default"): f"{OWN_FINAL['e1']} {OWN_FINAL['e2']} {OWN_FINAL['e3']}",
    ("rft_lv", "default"): f"{OWN_FINAL['e0']} {OWN_FINAL['e1']} {OWN_FINAL['e2']}",
    ("star", "default"): "e2.0>r2",
    ("control", "default"): " ".join(OWN_FINAL.values()),
    # Four answers to the first history: r2 is the correct one. The other histories have one answer each.
    ("rise", "default"): "e0.0>r2 e0.1>w1 e1.1>r1 e3.1>w4 e3.2>r3",
    ("leap", "default"): all_to("r1", E0, E1, E2),
    # The paper: every trajectory lends, the weighted sum decides, (s_i, y_{i+1}) for those that keep their own.
    ("mucode", "paper"): all_to("w0", E0, E1, E2, E3),
    ("mucode_ov", "paper"): all_to("r1", E0, E1, E2, E3),
    ("mucode_lv", "paper"): all_to("w0", E0, E1, E2, E3),
    ("rft", "paper"): f"{OWN_NEXT['e1']} {OWN_NEXT['e2']} {OWN_NEXT['e3']}",
    ("rft_lv", "paper"): f"{OWN_NEXT['e0']} {OWN_NEXT['e1']} {OWN_NEXT['e2']}",
    ("star", "paper"): "e2.0>r2",
    ("control", "paper"): " ".join(OWN_NEXT.values()),
    ("rise", "paper"): "e0.0>r2 e0.1>w1 e1.1>r1 e3.1>w4 e3.2>r3",
    ("leap", "paper"): all_to("w0", E0, E1, E2, E3),
    # The release: final answers compete (w1, r1, r2, r3) by 100·R + R_phi; at most three lend, of them failing ones.
    ("mucode", "release"): RELEASED,
    ("mucode_ov", "release"): RELEASED,
    ("mucode_lv", "release"): RELEASED.replace("e0.0>r1 e0.1>r1", "e0.0>w1 e0.1>w1"),  # 8 is the highest final score
    ("rft", "release"): f"{OWN_FINAL['e1']} {OWN_FINAL['e2']} {OWN_FINAL['e3']}",
    ("rft_lv", "release"): f"{OWN_FINAL['e0']} {OWN_FINAL['e1']} {OWN_FINAL['e2']}",
    ("star", "release"): "e2.0>r2",
    ("control", "release"): " ".join(OWN_FINAL.values()),
    ("rise", "release"): "e0.0>r2 e0.1>w1 e1.1>r1 e3.1>w4 e3.2>r3",
    ("leap", "release"): RELEASED,
}

UNSOLVED = {
    # dropped: the default. best_wrong: paper and release (b: 5 > 3). reference: leap, always.
    **{(name, "default"): "" for name in ("mucode", "mucode_ov", "rft", "star")},
    ("mucode_lv", "default"): "f0.0>b f0.1>b",
    ("control", "default"): "f0.0>b f0.1>b",
    ("rft_lv", "default"): "f0.0>b f0.1>b",
    ("rise", "default"): "f0.0>a f0.1>b",
    ("leap", "default"): "f0.0>ref f0.1>ref",
    **{(name, "paper"): "f0.0>b f0.1>b" for name in ("mucode", "mucode_lv")},
    ("mucode_ov", "paper"): "f0.0>a f0.1>a",  # value 0 for both: the first found
    ("control", "paper"): "f0.0>a f0.1>b",
    ("rft", "paper"): "",
    ("leap", "paper"): "f0.0>ref f0.1>ref",
    **{(name, "release"): "f0.0>b f0.1>b" for name in ("mucode", "mucode_ov", "mucode_lv", "control", "rft_lv")},
    ("rft", "release"): "",
    ("leap", "release"): "f0.0>ref f0.1>ref",
}


TRAINING = [name for name, strategy in STRATEGIES.items() if strategy.trains]


@cache
def config(protocol: str) -> Config:
    return load_config(None, [f"protocol.name={protocol}"])


def settled(name: str, protocol: str) -> Strategy:
    chosen = config(protocol)
    return STRATEGIES[name].completed(chosen.protocol, chosen.fine_tune.trajectories_per_problem)


def short(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(f"{row['history_episode']}.{row['history_turn']}>{row['target']}" for row in rows)


def run(name: str, protocol: str, episodes: list[Any]) -> Relabelled:
    return relabel(episodes, SCORES, settled(name, protocol), name, reference="ref")


def test_every_strategy_has_a_golden_value_under_every_protocol() -> None:
    assert set(GOLDEN) == {(name, protocol) for name in TRAINING for protocol in ("default", "paper", "release")}


@pytest.mark.parametrize(("name", "protocol"), GOLDEN, ids="-".join)
def test_relabelled_examples(name: str, protocol: str) -> None:
    assert short(run(name, protocol, P).examples) == sorted(GOLDEN[name, protocol].split())


@pytest.mark.parametrize(("name", "protocol"), UNSOLVED, ids="-".join)
def test_a_problem_that_is_never_solved(name: str, protocol: str) -> None:
    assert short(run(name, protocol, Q).examples) == UNSOLVED[name, protocol].split()


FLIPPED = [
    episode("e0", right("w0"), right("w1"), sample=0),
    episode("e1", right("w2"), wrong("r1"), sample=1),
    episode("e2", wrong("r2"), sample=2),
    episode("e3", right("w3"), right("w4"), wrong("r3"), iteration=1, sample=0),
    P[-1],
]


@pytest.mark.parametrize("protocol", ["default", "paper"])
@pytest.mark.parametrize("name", ["mucode_lv", "rft_lv"])
def test_without_the_oracle_no_private_verdict_counts(name: str, protocol: str) -> None:
    """Of three trajectories that lend, e0 would be last if its end were known to be right, and e3 would come in."""
    assert short(run(name, protocol, FLIPPED).examples) == sorted(GOLDEN[name, protocol].split())


def test_an_example_holds_its_history_its_target_and_where_they_come_from() -> None:
    rows = {row["history_turn"]: row for row in run("mucode", "paper", P).examples if row["history_episode"] == "e3"}
    assert rows[2]["messages"] == [
        {"role": "user", "content": "prompt of p"},
        {"role": "assistant", "content": "w3"},
        {"role": "user", "content": "fb0"},
        {"role": "assistant", "content": "w4"},
        {"role": "user", "content": "fb1"},
    ]
    assert rows[0]["messages"] == [{"role": "user", "content": "prompt of p"}]
    assert (rows[2]["target_episode"], rows[2]["target_turn"], rows[2]["target"]) == ("e0", 0, "w0")
    assert (rows[2]["problem_id"], rows[2]["strategy"], rows[2]["weight"]) == ("p", "mucode", 1.0)
    reference = run("leap", "default", Q).examples[1]
    assert (reference["target_episode"], reference["target_turn"], reference["weight"]) == ("", -1, 1.0)


def test_rise_weighs_examples_by_the_exponential_of_their_reward_over_0_4() -> None:
    """As its released code: exp(1 / 0.4) = 12.18 if right, exp(0) = 1 if wrong; no verifier has a say."""
    weights = {row["target"]: row["weight"] for row in run("rise", "paper", P).examples}
    right = pytest.approx(12.18, abs=5e-3)
    assert weights == {"r2": right, "w1": 1.0, "r1": right, "w4": 1.0, "r3": right}
    uniform = [row["weight"] for name in TRAINING if name != "rise" for row in run(name, "release", P).examples]
    assert set(uniform) == {1.0}


COUNTS = {
    # 9 histories: 8 and the lost one. What is left out, by reason.
    "mucode": {"examples": 5, "infrastructure": 1, "beyond_limit": 3},
    "mucode_ov": {"examples": 7, "infrastructure": 1, "beyond_limit": 1},
    "rft": {"examples": 6, "infrastructure": 1, "failed_trajectory": 2},
    "rft_lv": {"examples": 5, "infrastructure": 1, "beyond_limit": 3},
    "star": {"examples": 1, "infrastructure": 1, "later_turn": 4, "failed_trajectory": 3},
    "control": {"examples": 8, "infrastructure": 1},
    "rise": {"examples": 5, "infrastructure": 1, "same_state": 3},
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_funnel_says_why_a_history_gives_no_example(name: str) -> None:
    counts = run(name, "default", P).counts
    expected = {"examples": COUNTS[name]["examples"]}
    expected |= {f"dropped_{reason}": count for reason, count in COUNTS[name].items() if reason != "examples"}
    assert {key: counts[key] for key in ("examples", *DROPPED) if counts[key]} == expected
    assert counts["histories"] == 9
    assert (counts["problems_with_examples"], counts["problems_unsolved"]) == (1, 0)
    assert (counts["episodes"], counts["episodes_masked_infrastructure"]) == (5, 1)


@pytest.mark.parametrize("name", COUNTS)
def test_an_episode_whose_tests_cannot_be_judged_teaches_nothing(name: str) -> None:
    unjudged = episode("e5", wrong("w6"), answer("w7", A, UNJUDGED), iteration=1, sample=2)
    before, after = run(name, "default", P), run(name, "default", [*P, unjudged])
    assert after.examples == before.examples
    assert (before.counts["dropped_unjudged"], after.counts["dropped_unjudged"]) == (0, 2)
    assert (after.counts["episodes_masked_infrastructure"], after.counts["episodes_masked_unjudged"]) == (1, 1)


def test_unsolved_problems_are_counted_with_what_became_of_them() -> None:
    dropped = run("mucode", "default", Q).counts
    assert (dropped["problems_unsolved"], dropped["dropped_unsolved"], dropped["examples"]) == (1, 2, 0)
    taught = run("leap", "default", Q).counts
    assert (taught["problems_with_examples"], taught["examples_from_reference"], taught["examples"]) == (1, 2, 2)
    missing = relabel(Q, SCORES, settled("leap", "default"), "leap", reference=None)
    assert missing.examples == [] and missing.counts["dropped_no_reference"] == 2
    late = run("star", "default", P[1:2]).counts  # solved, but not at once
    assert (late["problems_without_usable_trajectory"], late["dropped_later_turn"]) == (1, 1)


def test_an_answer_without_a_score_ranks_behind_those_that_have_one() -> None:
    # r1 is not scored, so it counts as the lowest score found, -4: 1 - 0.4 = 0.6, less than r2's 1.1.
    scores = {key: score for key, score in SCORES.items() if key != ("e1", 1)}
    rows = relabel(P, scores, settled("mucode", "default"), "mucode").examples
    assert {row["target"] for row in rows} == {"r2"}
    # Of two equal values, the scored one: r3 has -4 itself.
    rows = relabel([P[1], P[3]], {("e3", 2): -4.0}, settled("mucode", "default"), "mucode").examples
    assert {row["target"] for row in rows} == {"r3"}


@pytest.mark.parametrize("name", sorted(TRAINING))
def test_every_strategy_survives_an_empty_problem(name: str) -> None:
    assert relabel([], {}, settled(name, "default"), name).examples == []
