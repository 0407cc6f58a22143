"""`mucode runs verify`, `status` and `gc` of a study: every run, and each stage that they share once."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.overview.directory_status import directory_status
from pipeline.overview.listing import list_runs
from pipeline.overview.text import status_text


def test_every_stage_of_a_study_is_verified_once(undisturbed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runs", "verify", str(undisturbed)]) == 0
    told = Counter(line.split()[1].rstrip(":") for line in capsys.readouterr().out.splitlines()[:-1])
    shared = {str(file.parent.relative_to(undisturbed)) for file in undisturbed.glob("stages/*/*/manifest.json")}
    runs = {str(file.parent.relative_to(undisturbed)) for file in undisturbed.glob("cells/*/config.json")}
    assert shared and runs and told == Counter([*shared, *runs])


def test_a_shared_stage_that_is_damaged_is_one_problem(
    undisturbed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = Path(shutil.copytree(undisturbed, tmp_path / "small"))
    damaged = sorted(study.glob("stages/iter_0000/episodes-*/part-*.parquet"))[0]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert cli.main(["runs", "verify", str(study)]) == 1
    problems = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert len(problems) == 1 and f"{damaged} has" in problems[0]


def test_a_study_has_a_status(undisturbed: Path) -> None:
    status = directory_status(str(undisturbed))
    assert (status.kind, status.state, status.runs_total, status.runs_finished) == ("study", "finished", 8, 8)
    assert len(status.runs) == 8 and {run.state for run in status.runs} == {"finished"}
    assert status.size_bytes == sum(path.stat().st_size for path in undisturbed.rglob("*") if path.is_file())
    assert "8 of 8 finished, 8 begun" in status_text(status)
    (listed,) = [one for one in list_runs(str(undisturbed.parent)) if one.name == "small"]
    assert listed.runs == () and listed.runs_finished == 8


def test_a_study_is_cleaned_as_a_whole(undisturbed: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What one run keeps stays, though another one would let it go: the first verifier is the base model's last."""
    root = Path(shutil.copytree(undisturbed, tmp_path / "small"))
    left = root / next(root.glob("stages/iter_0000/episodes-*")) / "unfinished" / "part-00000" / "a.parquet"
    left.parent.mkdir(parents=True)
    left.write_text("12345")
    assert cli.main(["gc", str(root), "--keep", "last"]) == 0
    assert capfd.readouterr().out.endswith("1 item removed, 5 B; checkpoints kept: last\n")
    shutil.rmtree(next(root.glob("cells/base-*-seed1")))
    assert cli.main(["gc", str(root), "--keep", "last"]) == 2
    assert "1 of its 8 runs was not begun" in capfd.readouterr().err
    assert cli.main(["gc", str(root), "--keep", "all"]) == 0
