"""A stage's name stands in its row and nowhere else: what needs it reads the row."""

import ast
from pathlib import Path

from pipeline.stages.catalogue import STAGE_NAMES

ROOT = Path(__file__).resolve().parents[3]
SECTION = "a section or field of the config, or the model that it names"
INPUT = "the name of a stage's input"
COUNT = "the name of a count in a manifest"
ALLOWED = {
    "pipeline/cluster/actor_groups.py": ({"verifier"}, "an actor's role"),
    "pipeline/placement/packing.py": ({"verifier"}, "an actor's role"),
    "pipeline/placement/resources.py": ({"verifier"}, "an actor's role"),
    "pipeline/commands/eval.py": ({"verifier"}, "an option"),
    "pipeline/commands/evaluate.py": ({"verifier"}, INPUT),
    "pipeline/commands/serve.py": ({"verifier"}, "an option"),
    "pipeline/config/losses.py": ({"pairs"}, "what a loss makes a probability"),
    "pipeline/config/presets.py": ({"verifier", "returned"}, SECTION),
    "pipeline/embedded/warm_start.py": ({"verifier"}, SECTION),
    "pipeline/evaluation/verifier_metrics.py": ({"held_out_pairs", "own_pairs", "pairs"}, "series of metrics"),
    "pipeline/commands/directories/export.py": ({"verifier"}, "an option"),
    "pipeline/commands/directories/view.py": ({"episodes"}, "a unit"),
    "pipeline/episode_view/chunks.py": ({"episodes", "policy", "verifier"}, "keys of the page's data"),
    "pipeline/episode_view/inspect_logs.py": ({"metrics", "scores"}, "keys of Inspect's format"),
    "pipeline/episode_view/inspect_sample.py": ({"scores", "verifier"}, "keys of Inspect's format"),
    "pipeline/export/card.py": ({"episodes", "examples"}, COUNT),
    "pipeline/export/card_results.py": ({"pairs"}, "the head of a column"),
    "pipeline/export/subject.py": ({"policy", "verifier"}, "what is exported, and the name of a stage's input"),
    "pipeline/iteration.py": ({"episodes", "policy", "scores", "verifier"}, INPUT),
    "pipeline/methods/pairs.py": ({"pairs"}, COUNT),
    "pipeline/methods/relabel.py": ({"episodes", "examples"}, COUNT),
    "pipeline/overview/single_status.py": ({"episodes"}, "what is counted within a stage"),
    "pipeline/preflight/check.py": ({"verifier"}, SECTION),
    "pipeline/report/page.py": ({"pairs"}, "the head of a column"),
    "pipeline/report/run_claims.py": ({"pairs", "verifier"}, "a unit, and the name of a claim"),
    "pipeline/report/series.py": ({"policy", "returned"}, "keys of metrics.jsonl"),
    "pipeline/state/run.py": ({"verifier"}, SECTION),
    "pipeline/study/figures.py": ({"examples"}, COUNT),
    "pipeline/study/runs.py": ({"verifier"}, SECTION),
    "pipeline/trackers/live.py": ({"episodes"}, COUNT),
    "pipeline/trackers/prometheus.py": ({"episodes"}, COUNT),
    "pipeline/training/pair_loss.py": ({"verifier"}, "the name of a training"),
    "pipeline/training/types.py": ({"examples"}, COUNT),
}
"""Words that are also the names of stages, by file, and what they mean there."""


def stage_names_in(path: Path) -> set[str]:
    constants = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str) and value in STAGE_NAMES}


def test_no_file_outside_the_stages_names_one() -> None:
    found: dict[str, set[str]] = {}
    for path in (ROOT / "pipeline").rglob("*.py"):
        place = str(path.relative_to(ROOT))
        if not place.startswith("pipeline/stages/"):
            found[place] = stage_names_in(path)
    assert {place: names for place, names in found.items() if names - ALLOWED.get(place, (set(), ""))[0]} == {}
    assert {place: words for place, (words, _) in ALLOWED.items() if words - found.get(place, set())} == {}, "outdated"
