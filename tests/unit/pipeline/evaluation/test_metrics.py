"""What evaluation reads off episodes, by hand."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA, Answer, Episode, Turn
from actors.search.selection import keep_best
from actors.search.selectors import SELECTORS
from actors.storage.parts import commit_part, committed_parts
from pipeline.evaluation.answer_rates import ANSWER_MEASURES
from pipeline.evaluation.metric_rows import MetricRow
from pipeline.evaluation.metrics import MetricSettings, MetricSources, PolicyAnswers, commit_summary
from pipeline.evaluation.search_metrics import best_of_n_search_rows, first_turn_rows, search_rows, unscored_rows
from pipeline.evaluation.search_records import read_search_outcomes, search_record
from pipeline.methods.pairs import PAIR_SCHEMA
from pipeline.stages.tasks import SCORE_SCHEMA
from pipeline.state.problems import HELD_OUT_FIRST
from tests.support.episodes import INFRA, UNJUDGED, A, W, answer, episode, right, wrong


def pick(rows: list[MetricRow], metric: str, **where: Any) -> list[float]:
    keys = {"metric": metric, **where}
    return [row.value for row in rows if all(getattr(row, key) == value for key, value in keys.items())]


# ---- what is kept of an episode -------------------------------------------------------------------------------------


def test_the_held_answer_stays_after_an_early_stop() -> None:
    early, late = search_record(episode("e0", right("a"))), search_record(episode("e1", wrong("w"), right("b")))
    assert [early.label(turn) for turn in (1, 2, 3)] == [True, True, True]
    assert [late.label(turn) for turn in (1, 2, 3)] == [False, True, True]
    assert [late.passes_public(turn) for turn in (1, 2, 3)] == [False, True, True]


def searched(selector: str, *turns: list[Any], kept: list[tuple[int, ...]]) -> Episode:
    """An episode whose turns have several answers."""
    made = tuple(
        Turn(
            answers=tuple(answers),
            chosen=keep[0],
            feedback="",
            prompt_tokens=5,
            seed=1,
            sample_s=0.0,
            judge_s=0.0,
            kept=keep,
        )
        for answers, keep in zip(turns, kept, strict=True)
    )
    one = episode("e", wrong("w"))
    return replace(one, selector=selector, turns=made, width=len(turns[0]))


def test_tokens_count_every_sample_and_executions_every_program_that_the_choice_needed() -> None:
    """Answers have three tokens each. Programs: a, b, a in the first turn, b, c, d in the second."""
    turns = [wrong("a"), wrong("b"), wrong("a")], [wrong("b"), right("c"), right("d")]
    pt = search_record(searched("pt", *turns, kept=[(0,), (1,)]))
    assert (pt.tokens, pt.executions) == ((9, 18), (2, 4))  # a b, then c d
    lv = search_record(searched("lv", *turns, kept=[(0,), (1,)]))
    assert (lv.tokens, lv.executions) == ((9, 18), (1, 2))  # a, then c: what was kept
    beam = search_record(searched("lv", *turns, kept=[(0, 1), (1, 0)]))
    assert beam.executions == (2, 3)  # a b, then c; b is known
    probed = [[replace(one, behaviour="x") for one in answers] for answers in turns]
    assert search_record(searched("cluster", *probed, kept=[(0,), (1,)])).executions == (4, 8)
    assert [pt.spent("tokens", turn) for turn in (1, 2, 3)] == [9, 18, 18]


def test_a_beam_is_judged_by_what_it_holds_not_by_the_way_to_its_end() -> None:
    """After turn 1 the beam holds b, which is wrong for private tests only; its final answer comes by way of a."""
    false_pass = answer("b", A, W)
    way = searched("lv", [wrong("a"), false_pass], [right("c")], kept=[(1, 0), (0,)])
    way = replace(way, turns=(replace(way.turns[0], chosen=0), way.turns[1]))
    assert search_record(way).labels == (False, True)
    assert search_record(way).public == (True, True)


# ---- rows of verifiers ---------------------------------------------------------------------------------------------


def test_a_verifier_is_measured_on_all_answers_on_the_policys_own_and_on_the_base_models(tmp_path: Path) -> None:
    """Base answers b0 (right, 2) and b1 (wrong, 1) are ranked right, the policy's own a0 (right, 0) and a1 (wrong, 3)
    are not. Over all four, of the pairs right × wrong b0 > b1 alone is in order: AUC ¼."""
    scores = {"b0": (True, 2.0), "b1": (False, 1.0), "a0": (True, 0.0), "a1": (False, 3.0)}
    rows = [
        {"episode_id": name, "turn": 0, "problem_id": "p", "verifier_id": "v", "label": label, "score": score}
        for name, (label, score) in scores.items()
    ]

    def part(name: str, rows: list[dict[str, Any]], schema: pa.Schema) -> dict[int, str]:
        commit_part(str(tmp_path / name), HELD_OUT_FIRST, pa.Table.from_pylist(rows, schema=schema))
        return {HELD_OUT_FIRST: f"{tmp_path / name}/{committed_parts(str(tmp_path / name))[HELD_OUT_FIRST].file}"}

    def pairs(name: str, *sides: tuple[str, str]) -> dict[int, str]:
        found = [
            {"pair_id": good + bad, "problem_id": "p", "prompt": "", "chosen": "", "rejected": ""}
            | {"chosen_episode": good, "chosen_turn": 0, "rejected_episode": bad, "rejected_turn": 0}
            for good, bad in sides
        ]
        return part(name, found, PAIR_SCHEMA)

    def episodes(name: str, *ids: str) -> dict[int, str]:
        return part(name, [episode(one, right("x"), problem="p").to_row() for one in ids], EPISODE_SCHEMA)

    own = PolicyAnswers(episodes=episodes("own", "a0", "a1"), pairs=pairs("own_pairs", ("a0", "a1")))
    base = PolicyAnswers(episodes=episodes("base", "b0", "b1"), pairs=pairs("base_pairs", ("b0", "b1")))
    sources = MetricSources(
        scores=part("scores", rows, SCORE_SCHEMA),
        held_out_pairs=pairs("held_out_pairs", ("b0", "b1"), ("a0", "a1")),
        policies={"own_pairs": own, "base_pairs": base},
    )
    settings = MetricSettings(turns=1, seed=0, loss="bt", n_values=(), k_values=())
    facts = commit_summary(sources, str(tmp_path / "metrics"), 1, settings)
    assert facts == {
        **{"held_out_pairs_t0": 0.5, "held_out_pairs_auc": 0.25},
        **{"own_pairs_t0": 0.0, "own_pairs_auc": 0.0, "base_pairs_t0": 1.0, "base_pairs_auc": 1.0},
    }


def test_answers_that_were_too_long_for_the_verifier_are_counted() -> None:
    drawn = [answer("a", A, A, 1.0), answer("b", W, None, float("nan"))]
    (row,) = unscored_rows([search_record(searched("first", drawn, kept=[(0,)]))])
    assert (row.metric, row.value, row.n) == ("unscored", 0.5, 2)
    assert unscored_rows([search_record(searched("first", drawn[:1], kept=[(0,)]))]) == []
    assert (
        unscored_rows([search_record(searched("first", [answer("a", A, A)], kept=[(0,)]))]) == []
    )  # no verifier at all


# ---- rows of searches -----------------------------------------------------------------------------------------------


def test_masked_episodes_are_counted_and_left_out() -> None:
    episodes = [
        episode("e0", right("a"), problem="p0"),
        episode("e1", wrong("w"), right("b"), problem="p1"),
        episode("e2", answer("i", INFRA), problem="p2", infrastructure=True),
        episode("e3", wrong("w"), answer("u", A, UNJUDGED), problem="p3"),
    ]
    rows = search_rows([search_record(one) for one in episodes], "greedy", turns=2)
    accuracy = [(row.turn, row.value, row.n, row.masked) for row in rows if row.metric == "accuracy"]
    assert accuracy == [(1, 0.5, 2, 2), (2, 1.0, 2, 2)]


def test_answers_without_a_program_are_counted_by_turn_and_reason() -> None:
    """e0 is right at once; e1 says nothing in a block, then is right; e2 is cut in words, then in a program; e3 is
    masked. At turn 2 all held answers hold a program, two of three are right."""

    def said(response: str, finish: str = "stop") -> Answer:
        return replace(answer("x", W), response=response, program=None, finish_reason=finish)

    cut = replace(wrong("w"), finish_reason="length")
    episodes = [
        episode("e0", right("a"), problem="p0"),
        episode("e1", said("```js\nf = 1\n```"), right("b"), problem="p1"),
        episode("e2", said("Let me think", "length"), cut, problem="p2"),
        episode("e3", said("no"), problem="p3", infrastructure=True),
    ]
    rows = search_rows([search_record(one) for one in episodes], "greedy", turns=3)
    found = {(row.metric, row.turn): (round(row.value, 3), row.n) for row in rows if row.metric in ANSWER_MEASURES}
    assert found == {
        **{("answers", 1): (1, 3), ("answers", 2): (0.667, 3), ("answers", 3): (0, 3)},
        **{("no_program", 1): (0.667, 3), ("no_program", 2): (0, 2)},
        **{("no_program_cut", 1): (0.333, 3), ("no_program_wrong_fence", 1): (0.333, 3)},
        **{("cut_short", 1): (0.333, 3), ("cut_short", 2): (0.5, 2)},
        **{("accuracy_with_program", turn): (share, n) for turn, share, n in [(1, 1, 1), (2, 0.667, 3), (3, 0.667, 3)]},
    }


def test_programs_that_repeat_what_they_shall_correct_are_counted() -> None:
    """p0 says the same once more, then another; p1 corrects; of p2 the second answer holds no program."""
    silent = replace(answer("x", W), program=None, response="no")
    episodes = [
        episode("e0", wrong("w"), wrong("w"), wrong("v"), problem="p0"),
        episode("e1", wrong("w"), right("b"), problem="p1"),
        episode("e2", wrong("w"), silent, wrong("w"), problem="p2"),
    ]
    rows = search_rows([search_record(one) for one in episodes], "greedy", turns=3)
    assert [(row.turn, row.value, row.n) for row in rows if row.metric == "repeated"] == [(2, 0.5, 2), (3, 0.0, 1)]


def test_in_a_beam_an_answer_is_held_against_the_one_it_continues() -> None:
    """Turn 1 keeps answers 2 and 0; those of turn 2 continue them crosswise."""
    found = episode("e0", wrong("a"), wrong("c"))
    first = replace(found.turns[0], answers=(wrong("a"), wrong("b"), wrong("c")), chosen=2, kept=(2, 0))
    second = replace(
        found.turns[1], answers=(wrong("c"), wrong("a"), wrong("b")), chosen=0, kept=(0,), parents=(0, 1, 0)
    )
    forms = search_record(replace(found, turns=(first, second))).forms
    assert [form.repeated for form in forms[1]] == [True, True, False]


def test_no_room_for_an_answer_is_not_right_and_not_masked() -> None:
    episodes = [episode("e0", right("a"), problem="p0"), episode("e1", problem="p1")]
    rows = search_rows([search_record(one) for one in episodes], "greedy", turns=1)
    assert [(row.value, row.n, row.masked) for row in rows if row.metric == "accuracy"] == [(0.5, 2, 0)]


def test_public_passes_that_fail_private_tests_are_a_share_of_the_passes() -> None:
    """Four problems: one right, two false passes, one public failure: ¾ pass, ⅔ of these are false."""
    answers = [right("a"), answer("b", A, W), answer("c", A, W), wrong("d")]
    found = [search_record(episode(f"e{n}", one, problem=f"p{n}")) for n, one in enumerate(answers)]
    rows = search_rows(found, "greedy", turns=1)
    assert pick(rows, "accuracy") == [0.25]
    assert pick(rows, "accuracy_public") == [0.75]
    assert pick(rows, "accuracy_false_pass") == pytest.approx([2 / 3])
    assert pick(rows, "accuracy_tokens") == [3.0]
    assert pick(rows, "accuracy_executions") == [1.0]


def test_each_selector_and_width_of_a_sweep_is_a_series_of_its_own() -> None:
    def plan(selector: str, width: int, label: bool) -> Any:
        return replace(search_record(episode("e", right("a") if label else wrong("w"))), selector=selector, width=width)

    rows = best_of_n_search_rows([plan("pt", 5, True), plan("lv", 5, False), plan("pt", 2, False)], turns=1)
    assert pick(rows, "accuracy", series="pt", width=5) == [1.0]
    assert pick(rows, "accuracy", series="pt", width=2) == [0.0]
    assert pick(rows, "accuracy", series="lv", width=5) == [0.0]
    assert len(pick(rows, "accuracy")) == 3


def test_pass_at_k_and_best_of_n_come_from_the_answers_of_the_first_turn() -> None:
    """Problem p: right (score 1), false pass (2), failure (3). Problem q: three failures.

    pass@2 of p: 1 - C(2,2)/C(3,2) = 2/3. Best of 2 of p: PT draws {right, false}: half, {right, failure}: right,
    {false, failure}: wrong, so ½; LV prefers the failure, then the false pass: 0; PT+LV is right only without the false
    pass: 1/3; oracle 2/3; random 1/3. With q the means are half of these.
    """
    answers = [answer("a", A, A, 1.0), answer("b", A, W, 2.0), answer("c", W, None, 3.0)]
    losers = [answer(name, W, None, 0.0) for name in "xyz"]
    p, q = (searched("first", drawn, kept=[(0,)]) for drawn in (answers, losers))
    records = [search_record(p), search_record(replace(q, problem_id="q"))]
    rows = first_turn_rows(records, n_values=[2, 9], k_values=[1, 2])
    assert pick(rows, "pass_at_k", width=2) == pytest.approx([1 / 3])
    assert pick(rows, "pass_at_k", width=1) == pytest.approx([1 / 6])
    best = {name: pick(rows, "best_of_n", series=name) for name in ("random", "pt", "lv", "pt_lv", "oracle")}
    expected = {"random": 1 / 6, "pt": 1 / 4, "lv": 0.0, "pt_lv": 1 / 6, "oracle": 1 / 3}
    assert best == {name: pytest.approx([value]) for name, value in expected.items()}


def test_selectors_that_compare_answers_are_averaged_over_choices() -> None:
    """Five answers: a fails, b and c are wrong alike, d and e are right and agree on one input of two.

    Best of 3 of `mbr` is right in three of ten choices: ade, bde and cde, where d and e agree with each other the most.
    With b and c together, or where nobody agrees with anybody (abd, ace), b or c comes first. Best of 2: ad, ae and de.
    """
    drawn = [answer("a", W), answer("b", A, W), answer("c", A, W), answer("d", A, A), answer("e", A, A)]
    seen = [None, "x x", "x x", "y y", "y z"]
    pool = [replace(one, behaviour=found) for one, found in zip(drawn, seen, strict=True)]
    records = [search_record(searched("first", pool, kept=[(0,)]))]
    rows = first_turn_rows(records, n_values=[1, 2, 3, 5], k_values=[])
    assert [pick(rows, "best_of_n", series="mbr", width=n) for n in (1, 2, 3, 5)] == [[0.4], [0.3], [0.3], [0.0]]
    cluster = [pick(rows, "best_of_n", series="cluster", width=n)[0] for n in (1, 2, 3, 5)]
    assert cluster == [0.4, 0.3, 0.1, 0.0]  # d and e are two groups: of three only a, d and e give a right one
    trios = [list(trio) for trio in itertools.combinations(pool, 3)]
    searches = [trio[keep_best(trio, SELECTORS["mbr"], 0, frozenset())[0]] for trio in trios]
    assert sum(one.label is True for one in searches) / len(trios) == 0.3


def test_without_extra_inputs_nothing_is_said_of_selectors_that_compare_answers() -> None:
    drawn = [answer("a", A, A), answer("b", A, W)]
    rows = first_turn_rows([search_record(searched("first", drawn, kept=[(0,)]))], n_values=[2], k_values=[])
    assert not {"cluster", "mbr"} & {row.series for row in rows}


def test_a_problem_whose_prompt_left_no_room_is_not_solved_by_more_answers() -> None:
    answers = [answer("a", A, A, 1.0), answer("b", W, None, 2.0)]
    records = [search_record(searched("first", answers, kept=[(0,)])), search_record(episode("e1", problem="q"))]
    rows = first_turn_rows(records, n_values=[2], k_values=[1])
    assert pick(rows, "pass_at_k") == [0.25]
    assert pick(rows, "best_of_n", series="oracle") == [0.5]
    assert {row.n for row in rows} == {2}


def test_without_scores_only_selectors_that_need_none_have_curves() -> None:
    drawn = [answer("a", A, A), answer("b", W)]
    rows = first_turn_rows([search_record(searched("first", drawn, kept=[(0,)]))], n_values=[2], k_values=[])
    assert {row.series for row in rows} == {"random", "pt", "oracle"}


def test_verdicts_alone_tell_the_same_as_whole_episodes(tmp_path: Path) -> None:
    episodes = [
        episode("e0", right("a"), problem="p0"),
        episode("e1", wrong("w"), answer("b", A, W), problem="p1"),
        episode("e2", answer("i", INFRA), problem="p2", infrastructure=True),
        episode("e3", problem="p3"),
        replace(searched("lv", [wrong("a"), right("b")], [right("c")], kept=[(1, 0), (0,)]), problem_id="p4"),
    ]
    rows = [one.to_row() for one in episodes]
    record = commit_part(str(tmp_path), 0, pa.Table.from_pylist(rows, schema=EPISODE_SCHEMA))
    outcomes = list(read_search_outcomes([f"{tmp_path}/{record.file}"]))
    assert [(one.problem_id, one.selector, one.width) for one in outcomes] == [
        (one.problem_id, one.selector, one.width) for one in episodes
    ]
    for turn in (1, 2, 3):
        assert [one.label(turn) for one in outcomes] == [search_record(one).label(turn) for one in episodes]
    assert [one.label(2) for one in outcomes] == [True, False, None, False, True]
