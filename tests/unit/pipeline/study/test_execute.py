"""Studies are executed, and continued after SIGKILL anywhere."""

import json
import os
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.errors import ConfigError, StoreError
from pipeline.state.store import Store
from pipeline.study.dry_run import forecast_stages
from pipeline.study.execute import require_cores, require_same_study
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from tests.support.small_study import STUDY, count_stages, execute_fake_study, write_study
from tests.support.trace_format import read_trace


def test_shared_stages_run_once(undisturbed: Path) -> None:
    planned = forecast_stages(study_runs(load_study(undisturbed.parent / "study.toml")))
    assert all(stage.done is not None for stage in planned.values())
    manifests = list((undisturbed / "stages").rglob("manifest.json"))
    assert len(manifests) == len(planned)
    assert not list((undisturbed / "cells").rglob("manifest.json"))
    lines = [line for cell in (undisturbed / "cells").iterdir() for line in (cell / "spans.jsonl").open()]
    ran = [span for span in map(json.loads, lines) if span["name"] not in ("start", "run")]
    assert len(ran) == len(planned)


def require_trace(study: Path, out: Path) -> int:
    """Requires that the study's trace has every stage that its runs executed, when it was, and each within its driver;
    returns the number of drivers."""
    assert cli.main(["trace", str(study), "--out", str(out)]) == 0
    found = read_trace(out)
    lines = [json.loads(line) for file in (study / "cells").glob("*/spans.jsonl") for line in file.open()]
    zero = min(line["start"] for line in lines)
    told = sorted(
        (line["name"], line["iteration"], line["start"] - zero, line["seconds"])
        for line in lines
        if "iteration" in line
    )
    finished = [event for event in found["stage"] if "unfinished" not in event["args"]]
    shown = sorted(
        (event["name"], event["args"]["iteration"], event["ts"] / 1e6, event["dur"] / 1e6) for event in finished
    )
    assert len(told) > 20 and [one[:2] for one in shown] == [one[:2] for one in told]
    for place, within_s in ((2, 0.05), (3, 0.001)):
        assert [one[place] for one in shown] == pytest.approx([one[place] for one in told], abs=within_s)
    return len(found["driver"])


def test_every_kill_is_survived_and_the_tables_are_the_same(undisturbed: Path, tmp_path: Path) -> None:
    """Killed again and again, before its first file, in stages, between them, until nothing is left to kill."""
    file = write_study(tmp_path / "killed")
    kills = 0
    for writes in (1, 2, 31, 97, 150, *[400] * 20):
        if execute_fake_study(file, writes) == 0:
            break
        kills += 1
    assert 5 < kills < 15
    again = file.parent / "small"
    for name in ("results.json", "results.md"):
        assert (again / name).read_bytes() == (undisturbed / name).read_bytes()
    assert require_trace(undisturbed, tmp_path / "undisturbed.json") == len(list((undisturbed / "cells").iterdir()))
    assert require_trace(again, tmp_path / "again.json") > len(list((again / "cells").iterdir()))
    assert count_stages(again) == count_stages(undisturbed)


@pytest.mark.slow
def test_strategies_that_need_no_verifier_are_carried_through_where_every_answer_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_STUDY_ALL_RIGHT", "1")
    text = STUDY.partition("[curves]")[0].replace('"mucode"]\nseeds = [0, 1]', '"star"]\nseeds = [0]')
    file = write_study(tmp_path / "right", text)
    assert execute_fake_study(file) == 0
    stages = count_stages(file.parent / "small")
    assert stages["verifier"] == stages["scores"] == 0 and stages["policy"] == 1 and stages["metrics"] == 3
    assert "2 of 2 runs finished" in (file.parent / "small" / "results.md").read_text()


def test_lanes_need_a_file_system_and_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_study(tmp_path, "lanes = 2\n" + STUDY)
    with pytest.raises(ConfigError, match=r"lanes = 2: .* by file locks, which s3://b"):
        study_runs(load_study(file, {"root": "s3://bucket/runs"}))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ConfigError, match=r"lanes = 4096: this process may use \d+ cores"):
        require_cores(4096)


def test_another_setting_under_the_same_name_is_refused(undisturbed: Path) -> None:
    text = STUDY.replace("samples = 3", "samples = 4").format(root=undisturbed.parent)
    changed = undisturbed.parent / "changed.toml"
    changed.write_text(text)
    study = load_study(changed)
    with pytest.raises(StoreError, match=r"rollouts\.samples: there 3, now 4.*its `name`"):
        require_same_study(Store(study.directory), study_runs(study))


def test_the_driver_s_own_files_are_bound_to_it(undisturbed: Path) -> None:
    driver = json.loads((undisturbed / "driver.json").read_text())
    assert driver["pid"] != os.getpid()
