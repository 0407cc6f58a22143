"""`mucode runs verify` of a study: every run, and each stage that they share once."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from pipeline import cli


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
