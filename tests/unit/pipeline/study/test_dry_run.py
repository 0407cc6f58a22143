"""What a study will do, found without doing it."""

import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pipeline.stages.metrics import METRICS
from pipeline.study.dry_run import UnreadSplits, forecast_stages
from pipeline.study.forecast import describe_study
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from tests.support.small_study import ROOT, STUDY, write_study


def test_a_dry_run_counts_every_shared_stage_once(tmp_path: Path) -> None:
    """Per seed, µCode shares iteration 0 with the base model's run, but for its metrics, which are of greedy alone."""
    planned = forecast_stages(study_runs(load_study(write_study(tmp_path, STUDY.partition("[curves]")[0]))))
    found = Counter((stage.stage.name, stage.iteration) for stage in planned.values())
    once = ("episodes", "held_out", "pairs", "held_out_pairs", "own_pairs", "verifier", "scores", "search_greedy")
    assert found == Counter(
        {
            **{(name, 0): 2 for name in (*once, "search_sweep")},
            ("metrics", 0): 4,
            **{(name, 1): 2 for name in (*once, "search_sweep", "examples", "policy", "metrics")},
        }
    )
    shared = [stage for stage in planned.values() if (stage.stage.name, stage.iteration) == ("verifier", 0)]
    assert [stage.runs for stage in shared] == [[f"{n}-bt-seed{s}" for n in ("base", "mucode")] for s in (0, 1)]


@pytest.mark.parametrize(
    ("name", "places", "digest"),
    [("study-tiny", 698, "dac5a27913b946fb7119"), ("study-paper", 249, "b813e3c353b1df2e7b80")],
)
def test_what_was_published_of_the_studies_keeps_the_places_that_0_1_0_gave_its_stages(
    tmp_path: Path, name: str, places: int, digest: str
) -> None:
    """A place names a stage, its settings and its inputs, so a study of that version is continued, not begun again.

    But for its metrics, which are more since then and take seconds, and for methods and searches that came later.
    """
    study = load_study(ROOT / "configs" / f"{name}.toml", {"root": str(tmp_path)})
    runs = [
        run for run in study_runs(study) if run.view != "one_turn" and not run.variant and run.strategy != "control"
    ]
    every = sorted(place.rpartition("/stages/")[2] for place in forecast_stages(runs, UnreadSplits()))
    found = [place for place in every if f"/{METRICS.name}-" not in place]
    assert len(found) == places
    assert hashlib.sha256("\n".join(found).encode()).hexdigest()[:20] == digest


def test_a_dry_run_says_what_is_shared_and_imports_nothing_heavy(tmp_path: Path) -> None:
    study = load_study(write_study(tmp_path))
    text = describe_study(study, study_runs(study))
    assert "8 runs ask for" in text and "0 of them are finished" in text
    code = (
        f"import sys; from pipeline.cli import main; main(['study', {str(tmp_path / 'study.toml')!r}, '--dry-run']); "
        "assert not {'ray', 'torch', 'vllm', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert not (tmp_path / "small").exists()


def test_more_seeds_extend_a_study(undisturbed: Path) -> None:
    text = STUDY.replace("seeds = [0, 1]", "seeds = [0, 1, 2]").format(root=undisturbed.parent)
    wider = undisturbed.parent / "wider.toml"
    wider.write_text(text)
    planned = forecast_stages(study_runs(load_study(wider)))
    todo = {name for stage in planned.values() if stage.done is None for name in stage.runs}
    assert todo == {"base-bt-seed2", "mucode-bt-seed2"}
