"""docs/evaluation.md defines every metric that a run stores."""

import re
from pathlib import Path

from pipeline.evaluation.answer_rates import ANSWER_MEASURES
from pipeline.evaluation.search_metrics import SPENT
from pipeline.evaluation.verifier_metrics import MEASURES

ROOT = Path(__file__).parents[2]
CODE = [ROOT / "pipeline" / "evaluation" / f"{name}.py" for name in ("search_metrics", "verifier_metrics")]


def stored_metrics() -> set[str]:
    """Names that the two modules give to rows: literals, the parts of `accuracy`, measures of answers and verifiers."""
    literals = {name for file in CODE for name in re.findall(r'_row\(\s*"(\w+)"', file.read_text())}
    parts = set(re.findall(r'"(accuracy\w*)":', CODE[0].read_text()))
    return literals | parts | set(MEASURES) | set(ANSWER_MEASURES) | {f"accuracy_{what}" for what in SPENT}


def test_every_metric_is_defined() -> None:
    text = (ROOT / "docs" / "evaluation.md").read_text()
    table = text.partition("| metric | value |")[2].partition("\n\n")[0]
    defined = {name.replace("…", "accuracy") for name in re.findall(r"`([…\w]+)`", table)}
    found = stored_metrics()
    assert len(found) > 10
    assert found <= defined, "add a line to the table of docs/evaluation.md"
