"""Studies: cells, what they share, resuming after SIGKILL anywhere, and numbers that could be worked out by hand."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigError, StoreError
from pipeline.state.identity import StageIdentity
from pipeline.state.store import Store
from pipeline.study.forecast import describe, rehearse
from pipeline.study.parallel import groups
from pipeline.study.sequential import require_cores, require_same
from pipeline.study.spec import SHARED, cells, load_study

ROOT = Path(__file__).parents[4]
STUDY = """
name = "small"
root = "{root}"

[config.run]
iterations = 1
[config.problems]
limit_train = 6
limit_validation = 4
limit_test = 5
[config.rollouts]
samples = 3
shard_episodes = 6
[config.verifier]
steps = 1
[config.fine_tune]
steps = 1
[config.eval]
best_of = 2

[[methods]]
strategies = ["base", "mucode"]
seeds = [0, 1]

[curves]
seeds = [0]
best_of = [1, 2]
turns = 4
"""


def write(folder: Path, text: str = STUDY) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "study.toml"
    file.write_text(text.format(root=folder))
    return file


def carry_out(file: Path, *writes: int) -> int:
    """Exit status of the study under fakes; killed before its WRITES-th file."""
    command = [sys.executable, "-m", "tests.support.fake_study", str(file), *map(str, writes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stdout + done.stderr
    return done.returncode


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = write(tmp_path_factory.mktemp("undisturbed"))
    assert carry_out(file) == 0
    return file.parent / "small"


def test_cells_are_the_product_of_the_axes(tmp_path: Path) -> None:
    found = cells(load_study(write(tmp_path)))
    assert [cell.name for cell in found] == [
        *("base-bt-seed0", "mucode-bt-seed0", "base-bt-seed1", "mucode-bt-seed1"),
        *("base-bt-seed0-over-n", "base-bt-seed0-t4"),
        *("mucode-bt-seed0-over-n", "mucode-bt-seed0-t4"),
    ]
    assert [cell.config.run.iterations for cell in found[:2]] == [0, 1]
    assert (found[1].config.run.strategy, found[2].config.run.seed) == ("mucode", 1)
    assert (found[4].config.eval.widths, found[5].config.eval.turns) == ((1, 2), 4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("strategies", "strategis", r"unknown config key 'methods\.0\.strategis'; .* 'methods\.strategies'"),
        ('name = "small"', 'names = "x"\nname = "small"', r"unknown config key 'names'; .* 'name'"),
        ("limit_test = 5", "limit_tests = 5", r"unknown config key 'problems\.limit_tests'; .* 'problems\.limit_test'"),
        ('"mucode"]', '"mucoda"]', r"strategy 'mucoda': expected one of base, mucode"),
        ("seeds = [0]", "seeds = [7]", r"curves: strategy 'base', loss 'bt', seed 7 is in no \[\[methods\]\]"),
        ("seeds = [0, 1]", "seeds = [0, 0]", r"cell base-bt-seed0 twice"),
        ("seeds = [0, 1]", "seeds = []", r"methods\.0\.seeds"),
        ("iterations = 1", "iterations = 0", r"config\.run\.iterations = 0 trains nothing, so strategy 'mucode'"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = write(tmp_path, STUDY.replace(old, new, 1))
    with pytest.raises(ConfigError, match=message):
        cells(load_study(file))


def test_a_rehearsal_counts_every_shared_stage_once(tmp_path: Path) -> None:
    """Per seed, µCode shares iteration 0 with the base cell, but for its metrics, which are of greedy alone."""
    planned = rehearse(cells(load_study(write(tmp_path, STUDY.partition("[curves]")[0]))))
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
    assert [stage.cells for stage in shared] == [[f"{n}-bt-seed{s}" for n in ("base", "mucode")] for s in (0, 1)]


def test_a_rehearsal_says_what_is_shared_and_imports_nothing_heavy(tmp_path: Path) -> None:
    study = load_study(write(tmp_path))
    text = describe(study, cells(study))
    assert "8 cells ask for" in text and "0 of them are finished" in text
    code = (
        f"import sys; from pipeline.cli import main; main(['study', {str(tmp_path / 'study.toml')!r}, '--dry-run']); "
        "assert not {'ray', 'torch', 'vllm', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert not (tmp_path / "small").exists()


def test_shared_stages_run_once(undisturbed: Path) -> None:
    planned = rehearse(cells(load_study(undisturbed.parent / "study.toml")))
    assert all(stage.done is not None for stage in planned.values())
    manifests = list((undisturbed / "stages").rglob("manifest.json"))
    assert len(manifests) == len(planned)
    assert not list((undisturbed / "cells").rglob("manifest.json"))
    lines = [line for cell in (undisturbed / "cells").iterdir() for line in (cell / "spans.jsonl").open()]
    ran = [span for span in map(json.loads, lines) if span["name"] != "run"]
    assert len(ran) == len(planned)


def kept(root: Path) -> Counter[str]:
    """How many places of each stage. Their hashes differ: rows say how long they took."""
    return Counter(path.parent.name.partition("-")[0] for path in (root / "stages").rglob("manifest.json"))


def test_every_kill_is_survived_and_the_tables_are_the_same(undisturbed: Path, tmp_path: Path) -> None:
    """Killed again and again, before its first file, in stages, between them, until nothing is left to kill."""
    file = write(tmp_path / "killed")
    kills = 0
    for writes in (1, 2, 31, 97, 150, *[173] * 20):
        if carry_out(file, writes) == 0:
            break
        kills += 1
    assert 5 < kills < 15
    again = file.parent / "small"
    for name in ("results.json", "results.md"):
        assert (again / name).read_bytes() == (undisturbed / name).read_bytes()
    assert kept(again) == kept(undisturbed)


def test_lanes_take_the_main_cells_of_a_seed_together_and_what_builds_on_them_last(tmp_path: Path) -> None:
    found = [[cell.name for cell in group] for group in groups(cells(load_study(write(tmp_path))))]
    assert found == [
        ["base-bt-seed0", "mucode-bt-seed0"],
        ["base-bt-seed1", "mucode-bt-seed1"],
        ["base-bt-seed0-over-n", "base-bt-seed0-t4", "mucode-bt-seed0-over-n", "mucode-bt-seed0-t4"],
    ]


def test_lanes_find_what_one_driver_finds(undisturbed: Path, tmp_path: Path) -> None:
    file = write(tmp_path / "lanes", "lanes = 2\n" + STUDY)
    assert carry_out(file) == 0
    again = file.parent / "small"
    for name in ("results.json", "results.md"):
        assert (again / name).read_bytes() == (undisturbed / name).read_bytes()
    assert kept(again) == kept(undisturbed)
    assert all(stage.done is not None for stage in rehearse(cells(load_study(file))).values())


def test_a_lane_that_dies_ends_the_study_and_the_same_command_continues_it(undisturbed: Path, tmp_path: Path) -> None:
    """Each lane would kill itself before its 40th file."""
    file = write(tmp_path / "torn", "lanes = 2\n" + STUDY)
    command = [sys.executable, "-m", "tests.support.fake_study", str(file), "40"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert re.search(r"LaneDiedError: lane \d died \(exit status -9\); the same command continues", done.stderr)
    assert carry_out(file) == 0
    again = file.parent / "small"
    assert (again / "results.json").read_bytes() == (undisturbed / "results.json").read_bytes()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_lanes_end_with_the_study_s_process(tmp_path: Path, how: signal.Signals) -> None:
    """Killed or interrupted, it leaves no lane behind that would go on writing; they stand in a stage meanwhile."""
    file = write(tmp_path / "killed", "lanes = 2\n" + STUDY)
    first = subprocess.Popen(
        [sys.executable, "-m", "tests.support.fake_study", str(file)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "FAKE_STUDY_STANDS_STILL": "1"},
    )
    cells_of = file.parent / "small" / "cells"
    wait_until(lambda: len(list(cells_of.glob("*/driver.json"))) == 2)
    lanes = {json.loads(driver.read_text())["pid"] for driver in cells_of.glob("*/driver.json")}
    assert len(lanes) == 2 and first.pid not in lanes
    first.send_signal(how)
    first.wait(60)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in lanes), deadline_s=60)


def test_a_stage_of_two_processes_is_computed_by_one(tmp_path: Path) -> None:
    """The second waits until the first has left, and says so once."""
    store = Store(str(tmp_path / "cells" / "a"), SHARED)
    other = Store(str(tmp_path / "cells" / "b"), SHARED)
    for one in (store, other):
        one.write(json.dumps({"stage": f"{SHARED}/iter_0000/x-1"}).encode(), "iter_0000", "x", "at.json")
    identity = StageIdentity(iteration=0, stage="x", settings={}, inputs={})
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with other.locked(identity, lambda: (order.append("waits"), waits.set())):
            order.append("second")

    with store.locked(identity, lambda: order.append("no")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(60)
        order.append("first is done")
    thread.join(60)
    assert order == ["waits", "first is done", "second"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("searches = 2", r"config\.eval\.searches = 2: a study searches once per seed"),
        ("widths = [1, 4]", r"config\.eval\.widths = \[1, 4\] lacks config\.eval\.best_of = 2"),
    ],
)
def test_searches_that_the_tables_could_not_show_are_refused(tmp_path: Path, settings: str, message: str) -> None:
    file = write(tmp_path, STUDY.replace("best_of = 2", f"best_of = 2\n{settings}", 1))
    with pytest.raises(ConfigError, match=message):
        cells(load_study(file))


def test_lanes_need_a_file_system_and_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "lanes = 2\n" + STUDY)
    with pytest.raises(ConfigError, match=r"lanes = 2: lanes guard their shared stages by file locks, which s3://b"):
        cells(load_study(file, {"root": "s3://bucket/runs"}))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ConfigError, match=r"lanes = 4096: this machine has \d+ cores"):
        require_cores(4096)


def wait_until(true: Callable[[], bool], deadline_s: float = 300.0) -> None:
    end = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end, f"not so after {deadline_s:g} s"
        time.sleep(0.05)


def test_another_setting_under_the_same_name_is_refused(undisturbed: Path) -> None:
    text = STUDY.replace("samples = 3", "samples = 4").format(root=undisturbed.parent)
    changed = undisturbed.parent / "changed.toml"
    changed.write_text(text)
    study = load_study(changed)
    with pytest.raises(StoreError, match=r"rollouts\.samples: there 3, now 4.*its `name`"):
        require_same(Store(study.directory), study, cells(study))


def test_more_seeds_extend_a_study(undisturbed: Path) -> None:
    text = STUDY.replace("seeds = [0, 1]", "seeds = [0, 1, 2]").format(root=undisturbed.parent)
    wider = undisturbed.parent / "wider.toml"
    wider.write_text(text)
    planned = rehearse(cells(load_study(wider)))
    todo = {name for stage in planned.values() if stage.done is None for name in stage.cells}
    assert todo == {"base-bt-seed2", "mucode-bt-seed2"}


def read(root: Path) -> dict[str, Any]:
    return json.loads((root / "results.json").read_text())


def test_results_are_what_the_searches_say(undisturbed: Path) -> None:
    """The accuracy of a cell's greedy search, counted here from its metrics rows, is the mean in the table."""
    results = read(undisturbed)
    rows = {row[0]: row[1:] for row in results["tables"]["main"]["rows"]}
    shares = []
    for seed in (0, 1):
        lines = (undisturbed / "cells" / f"mucode-bt-seed{seed}" / "metrics.jsonl").read_text().splitlines()
        greedy = [row for row in map(json.loads, lines) if (row["iteration"], row["series"]) == (1, "greedy")]
        shares += [row["turns"][-1]["value"] for row in greedy if row["metric"] == "accuracy"]
    assert rows["multi-turn µCode"][0]["value"] == pytest.approx(sum(shares) / 2, abs=1e-6)
    assert [point[0] for point in results["curves"]["over_n"]["base, PT+LV"]] == [1, 2]
    assert [point[0] for point in results["curves"]["over_turns"]["µCode, greedy"]] == [1, 2, 3, 4]
    untested = {claim["name"] for claim in results["claims"] if claim["verdict"] is None}
    two_points = {"n_scaling_flattens"}  # a curve of two points has no middle
    assert untested == {"mucode_at_least_rft", "rft_over_base", "both_rewards", "bt_against_bce"} | two_points


def test_the_page_is_self_contained(undisturbed: Path) -> None:
    page = (undisturbed / "report.html").read_text()
    assert "http://" not in page and "https://" not in page and "<script" not in page
    assert "finished: 8 of 8 cells" in page


def test_the_driver_s_own_files_are_bound_to_it(undisturbed: Path) -> None:
    driver = json.loads((undisturbed / "driver.json").read_text())
    assert driver["pid"] != os.getpid()
