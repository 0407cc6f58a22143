"""The shipped board and alert rules ask for metrics that exist, with labels that these have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.trackers.prometheus import METRICS, OF_ALL, PREFIX

DEPLOY = Path(__file__).parents[3] / "deploy"
NAME = re.compile(r"\b(?:ray_)?mucode_[a-z_]+\b")
SELECTOR = re.compile(r"(\w+)\s*=~?\s*\"")
GROUPED = re.compile(r"\b(?:by|on|without)\s*\(([^)]*)\)")


def board() -> dict[str, Any]:
    return json.loads((DEPLOY / "grafana.json").read_text())


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> Iterator[tuple[str, str]]:
    """(query, a text that names labels)."""
    for panel in board()["panels"]:
        for target in panel["targets"]:
            yield target["expr"], " ".join(re.findall(r"{{(\w+)}}", target["legendFormat"]))
    for rule in rules():
        texts = " ".join(rule["annotations"].values())
        yield rule["expr"], " ".join(re.findall(r"\$labels\.(\w+)", texts))


@pytest.mark.parametrize("query, labels", list(queries()))
def test_a_query_names_what_there_is(query: str, labels: str) -> None:
    names = NAME.findall(query)
    assert names and all(name.startswith(PREFIX) for name in names), query
    rows = [METRICS[name.removeprefix(PREFIX)] for name in names]
    known = {*OF_ALL, *(label for row in rows for label in row.labels)}
    asked = {*SELECTOR.findall(query), *labels.split()}
    asked |= {label.strip() for group in GROUPED.findall(query) for label in group.split(",")}
    assert asked <= known, query
    counted = {name for name, row in zip(names, rows, strict=True) if row.kind == "counter"}
    assert all(re.search(rf"\b(rate|increase)\({name}", query) for name in counted), query


def test_counters_and_gauges_are_told_apart_by_their_names() -> None:
    assert {name for name, row in METRICS.items() if row.kind == "counter"} == {
        name for name in METRICS if name.endswith("_total")
    }


def test_each_rule_says_what_happened_and_what_to_do() -> None:
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "description"} and rule["labels"]["severity"], rule
        assert "{{ $labels.run }}" in rule["annotations"]["summary"]


def test_the_board_shows_every_metric_or_an_alert_does() -> None:
    unshown = {"mucode_iteration", "mucode_engine_busy_seconds_total", "mucode_judge_wait_seconds_total"}
    unshown |= {"mucode_training_steps_total", "mucode_training_tokens_total"}
    shown = {name.removeprefix(PREFIX) for query, _ in queries() for name in NAME.findall(query)}
    assert set(METRICS) - shown == unshown


def test_panels_do_not_lie_on_each_other() -> None:
    places = [panel["gridPos"] for panel in board()["panels"]]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24


def test_the_page_lists_every_metric() -> None:
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()
    listed = dict(re.findall(r"^\| `ray_(mucode_\w+)` \| (\w+) \|", page, re.MULTILINE))
    assert listed == {name: row.kind for name, row in METRICS.items()}
