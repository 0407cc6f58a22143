"""Carrying out checks: one that raises, one that needs another; and what is printed of their findings."""

import json
import time

import pytest

from pipeline import cli
from pipeline.doctor.checks import Check, Surroundings, find_all
from pipeline.doctor.cluster.clocks import MOST_SKEW_S, compare_clocks
from pipeline.doctor.cluster.connection import find_cluster
from pipeline.doctor.findings import Finding, good, noted
from pipeline.doctor.output import finding_line, findings_json
from pipeline.errors import ConfigError


def wrong(_: Surroundings) -> Finding:
    raise ConfigError("x = 3:\n  expected 4")


def faulty(_: Surroundings) -> Finding:
    raise ZeroDivisionError("by nothing")


def lacking(_: Surroundings) -> Finding:
    raise ModuleNotFoundError("No module named 'obstore'", name="obstore")


CHECKS = (
    Check("first", wrong),
    Check("second", faulty),
    Check("lacking", lacking),
    Check("third", lambda _: good("third", "never"), needs=("first", "second")),
    Check("fourth", lambda _: [good("fourth", "fine", size=3), noted("fourth", "so so")]),
)


def test_whatever_a_check_raises_is_a_line_of_its_own() -> None:
    found = list(find_all(CHECKS, Surroundings()))
    assert [finding_line(one) for one in found] == [
        "FAIL  first        x = 3: expected 4",
        "FAIL  second       the check itself failed: ZeroDivisionError: by nothing",
        "FAIL  lacking      needs obstore, which the extras bring: `make setup`, or pip install 'mucode[cpu]'",
        "-     third        not tried: first, second",
        "ok    fourth       fine",
        "note  fourth       so so",
    ]


def test_the_json_form_is_what_the_page_says() -> None:
    found = json.loads(findings_json([good("a", "b", "10.0.0.1", size=3), noted("c", "d")]))
    assert (found["schema"], found["ok"]) == ("doctor/1", True)
    assert found["findings"] == [
        {"check": "a", "status": "ok", "text": "b", "node": "10.0.0.1", "values": {"size": 3}},
        {"check": "c", "status": "note", "text": "d", "node": "", "values": {}},
    ]
    assert not json.loads(findings_json(find_all(CHECKS, Surroundings())))["ok"]


def test_only_some_checks(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--only", "python,cores", "--json"]) == 0
    assert [one["check"] for one in json.loads(capsys.readouterr().out)["findings"]] == ["python", "cores"]
    assert cli.main(["doctor", "--only", "pythons"]) == 2
    assert "--only pythons: no check has that name; expected some of python, " in capsys.readouterr().err


def test_no_cluster_is_started_to_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    (found,) = find_cluster("runs")
    assert found.status == "fail" and "there is no cluster to look at, and none was started" in found.text


def test_a_clock_counts_as_wrong_beyond_what_the_round_trip_leaves_open() -> None:
    ahead = compare_clocks("n", lambda: time.time() + MOST_SKEW_S + 1)
    assert ahead.status == "fail" and f"{ahead.values['skew_s']:+.3f} s ±" in ahead.text
    assert abs(ahead.values["skew_s"] - MOST_SKEW_S - 1) <= ahead.values["error_s"] + 0.1
    assert compare_clocks("n", lambda: time.time() - 1).status == "ok"
