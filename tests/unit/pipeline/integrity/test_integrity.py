"""A run directory that was damaged, mixed up or written by a newer version: found before work, and by `runs verify`.

Each case damages a copy of a run that version 0.1.0 began (tests/data/run-0.1.0).
"""

import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from actors.storage.run_storage import BACKENDS
from pipeline import cli
from pipeline.integrity.before_work import require_intact
from pipeline.state.identity import digest_of
from pipeline.state.run_directory import stored_config
from pipeline.state.store import Store
from sandbox.errors import UserError
from tests.support.counting_filesystem import CountedStorage, CountingHandler

OLD_RUN = Path(__file__).parents[3] / "data" / "run-0.1.0"
EPISODES, PAIRS = Path("iter_0000/episodes"), Path("iter_0000/pairs")
CHECKPOINT = Path("iter_0000/verifier/checkpoint")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD_RUN, tmp_path / "old"))


def part(stage: Path, number: int = 0) -> Path:
    (found,) = stage.glob(f"part-{number:05d}.*.parquet")
    return found


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def swap(one: Path, other: Path) -> None:
    here = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(here)


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    body = json.loads(path.read_text())
    change(body)
    path.write_text(json.dumps(body))


def rewrite(stage: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a manifest as one who knows how it is made: its hashes fit again."""

    def and_hashes(body: dict[str, Any]) -> None:
        change(body)
        body["identity_hash"] = digest_of([body["stage"], body["identity"], body["inputs"]])
        policy_id = body["checkpoint"] and body["checkpoint"]["policy_id"]
        body["digest"] = digest_of([body["identity_hash"], [one["sha256"] for one in body["parts"]], policy_id])

    edit(stage / "manifest.json", and_hashes)


def replace_part(stage: Path, data: bytes) -> None:
    """Part 0 has other contents, and manifest and record say so."""
    part(stage).write_bytes(data)
    change = {"size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    rewrite(stage, lambda body: body["parts"][0].update(change))
    edit(stage / "part-00000.json", lambda body: body.update(change))


def of_a_newer_table(stage: Path) -> None:
    table, buffer = pq.read_table(part(stage)), io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"mucode.schema": "episodes/9"}), buffer)
    replace_part(stage, buffer.getvalue())


def unfinish(stage: Path) -> Path:
    (stage / "manifest.json").unlink()
    return stage


Case = tuple[Callable[[Path], object], str]
STOPS: dict[str, Case] = {
    "a part is cut": (
        lambda run: truncate(part(run / EPISODES)),
        r"part-00000\.\w+\.parquet has \d+ bytes, its record",
    ),
    "a part is missing": (
        lambda run: part(run / EPISODES, 3).unlink(),
        r"part-00003\.\w+\.parquet is missing\. Restore",
    ),
    "a bit of a part": (
        lambda run: flip(part(run / EPISODES)),
        r"part-00000\.\S+ is not what was written \(its sha256",
    ),
    "two parts": (lambda run: swap(part(run / PAIRS, 0), part(run / PAIRS, 1)), r"part-0000\d\.\S+ has \d+ bytes"),
    "a part of a newer table": (
        lambda run: of_a_newer_table(run / EPISODES),
        r"part-00000\.\S+ holds a table episodes/9, and this version of mucode reads episodes up to 2; continue with",
    ),
    "a part that is no Parquet": (
        lambda run: replace_part(run / EPISODES, b"no rows"),
        r"part-00000\.\S+ is no Parquet file",
    ),
    "rows that are not there": (
        lambda run: rewrite(run / EPISODES, lambda body: body["parts"][0].update(rows=9)),
        r"part-00000\.\S+ has 8 rows, its record says 9",
    ),
    "a cut manifest": (lambda run: truncate(run / PAIRS / "manifest.json"), r"pairs/manifest\.json is damaged"),
    "a manifest of another shape": (
        lambda run: (run / PAIRS / "manifest.json").write_text("[]"),
        r"pairs/manifest\.json is no manifest of a stage.*Restore it, or delete the stage",
    ),
    "a manifest without parts": (
        lambda run: edit(run / PAIRS / "manifest.json", lambda body: body.pop("parts")),
        r"pairs/manifest\.json is no manifest of a stage \(parts is missing",
    ),
    "a part that is listed twice": (
        lambda run: edit(run / PAIRS / "manifest.json", lambda body: body["parts"].append(body["parts"][0])),
        r"pairs/manifest\.json lists a part twice",
    ),
    "a newer manifest": (
        lambda run: edit(run / PAIRS / "manifest.json", lambda body: body.update(schema=2, more="new")),
        r"pairs/manifest\.json was written by a newer version of mucode \(schema 2, this one reads 1\)\. Continue with",
    ),
    "a newer record in a manifest": (
        lambda run: edit(run / PAIRS / "manifest.json", lambda body: body["parts"][0].update(codec="x")),
        r"pairs/manifest\.json: a part's record has codec, unknown here\. If a newer version",
    ),
    "a manifest that was edited": (
        lambda run: edit(run / PAIRS / "manifest.json", lambda body: body["identity"].update({"run.seed": 5})),
        r"pairs/manifest\.json contradicts itself: it was altered after it was written",
    ),
    "a manifest without its last part": (
        lambda run: edit(run / PAIRS / "manifest.json", lambda body: body["parts"].pop()),
        r"pairs/manifest\.json contradicts itself",
    ),
    "a manifest of another stage": (
        lambda run: shutil.copy(run / "iter_0000/own_pairs/manifest.json", run / PAIRS),
        r"pairs/manifest\.json is of another stage: own_pairs of iteration 0\. Restore the stage",
    ),
    "a stage of another iteration": (
        lambda run: shutil.copytree(run / EPISODES, run / "iter_0001/episodes"),
        r"iter_0001/episodes/manifest\.json is of another stage: episodes of iteration 0",
    ),
    "a stage of another config": (
        lambda run: rewrite(run / EPISODES, lambda body: body["identity"].update({"rollouts.samples": 3})),
        r"episodes was made with other settings \(rollouts\.samples: there 3, now 2\)\. Choose another run\.name",
    ),
    "a stage of other stages": (
        lambda run: rewrite(run / PAIRS, lambda body: body["inputs"].update({"episodes:episodes@0": "x"})),
        r"iter_0000/pairs was made of another episodes@0 than lies in this run\. Restore that stage, or delete",
    ),
    "cut weights": (
        lambda run: truncate(run / CHECKPOINT / "model.safetensors"),
        r"checkpoint/model\.safetensors has \d+ bytes, checkpoint\.json says \d+",
    ),
    "no weights": (
        lambda run: (run / CHECKPOINT / "model.safetensors").unlink(),
        r"checkpoint/model\.safetensors is missing\. Restore it, or delete",
    ),
    "foreign weights": (
        lambda run: (run / CHECKPOINT / "model-00002.safetensors").touch(),
        r"checkpoint/model-00002\.safetensors does not belong to the checkpoint",
    ),
    "an unfinished checkpoint": (
        lambda run: (run / CHECKPOINT / "checkpoint.json").unlink(),
        r"verifier/checkpoint is missing or incomplete: it holds no checkpoint\.json",
    ),
    "a checkpoint of another training": (
        lambda run: rewrite(
            run / CHECKPOINT.parent, lambda body: body["checkpoint"].update(policy_id="0123456789abcdef")
        ),
        r"verifier/checkpoint is not the checkpoint 0123456789abcdef that was saved there",
    ),
    "a newer checkpoint": (
        lambda run: edit(run / CHECKPOINT / "checkpoint.json", lambda body: body.update(schema="checkpoint/2")),
        r"checkpoint\.json has the schema 'checkpoint/2', expected 'checkpoint/1'; if a newer version",
    ),
    "a cut checkpoint.json": (
        lambda run: truncate(run / CHECKPOINT / "checkpoint.json"),
        r"checkpoint\.json is cut short or altered",
    ),
    "a cut part of an unfinished stage": (
        lambda run: truncate(part(unfinish(run / PAIRS))),
        r"part-00000\.\S+ has \d+ bytes",
    ),
    "a missing part of an unfinished stage": (
        lambda run: part(unfinish(run / PAIRS), 1).unlink(),
        r"part-00001\.\S+ is missing",
    ),
    "a cut record": (
        lambda run: truncate(unfinish(run / PAIRS) / "part-00002.json"),
        r"pairs/part-00002\.json is damaged",
    ),
    "a record of another part": (
        lambda run: shutil.copy(unfinish(run / PAIRS) / "part-00001.json", run / PAIRS / "part-00000.json"),
        r"pairs/part-00000\.json is the record of another part, number 1 .*Restore it, or delete it",
    ),
    "a newer record": (
        lambda run: edit(unfinish(run / PAIRS) / "part-00000.json", lambda body: body.update(codec="x")),
        r"part-00000\.json: a part's record has codec, unknown here",
    ),
    "a record without rows": (
        lambda run: edit(unfinish(run / PAIRS) / "part-00000.json", lambda body: body.pop("rows")),
        r"part-00000\.json: the record of a part says no rows",
    ),
    "an unfinished stage of another config": (
        lambda run: edit(unfinish(run / PAIRS) / "begun.json", lambda body: body["identity"].update({"run.seed": 5})),
        r"iter_0000/pairs was begun with other settings or inputs \(run\.seed: there 5, now 0\)",
    ),
    "a begun.json of another shape": (
        lambda run: (unfinish(run / PAIRS) / "begun.json").write_text("3"),
        r"pairs/begun\.json is not what a stage was begun with",
    ),
}
"""What to do to a run, and what is said of it: resuming it would end in the middle."""
SHOWS: dict[str, Case] = {
    "a bit of the weights": (
        lambda run: flip(run / CHECKPOINT / "model.safetensors"),
        r"checkpoint/model\.safetensors is not what was saved \(its sha256 differs\)",
    ),
    "a part that nobody lists": (
        lambda run: shutil.copy(part(run / PAIRS), run / PAIRS / "part-00009.deadbeef.parquet"),
        r"pairs/part-00009\.deadbeef\.parquet does not belong to the stage\. Delete it",
    ),
    "a file of somebody": (
        lambda run: (run / EPISODES / "notes.txt").touch(),
        r"episodes/notes\.txt does not belong to the stage",
    ),
    "a stage of a newer version": (
        lambda run: shutil.copytree(run / PAIRS, run / "iter_0000/dreams"),
        r"iter_0000/dreams is no stage that this version knows",
    ),
    "a setting of a newer version": (
        lambda run: edit(run / "config.json", lambda body: body["run"].update(dreams=True)),
        r"config\.json is not what a run wrote: .*dreams.*if a newer version of mucode wrote it, continue with that",
    ),
    "a cut file of the run": (
        lambda run: truncate(run / "environment.json"),
        r"environment\.json is damaged",
    ),
    "parts that nobody began": (
        lambda run: (unfinish(run / PAIRS) / "begun.json").unlink(),
        r"iter_0000/pairs has parts and no begun\.json\. Restore it, or delete",
    ),
    "steps that cannot be read": (
        lambda run: (run / CHECKPOINT.parent / "training_steps.parquet").write_bytes(b"PAR1"),
        r"training_steps\.parquet cannot be read .*it is for curves alone",
    ),
}
"""What `mucode runs verify` names beside these, as it reads everything."""


def test_a_whole_run_is_let_pass(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    require_intact(Store(str(run)), stored_config(str(run)))
    assert cli.main(["runs", "verify", str(run)]) == 0
    said = capsys.readouterr().out
    assert "ok    iter_0000/episodes: 4 parts, 32 rows\n" in said
    assert "-     iter_0001/policy: not finished\n" in said
    assert said.splitlines()[-1].endswith("all is what was written")
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", STOPS)
def test_what_would_end_a_run_is_found_before_work(name: str, run: Path) -> None:
    damage, said = STOPS[name]
    config = stored_config(str(run))
    damage(run)
    with pytest.raises(UserError, match=said) as found:
        require_intact(Store(str(run)), config)
    assert str(run) in str(found.value)


@pytest.mark.parametrize("name", [*STOPS, *SHOWS])
def test_runs_verify_names_it_in_a_line(name: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage, said = (STOPS | SHOWS)[name]
    damage(run)
    assert cli.main(["runs", "verify", str(run)]) == 1
    out = capsys.readouterr()
    assert out.err == ""
    assert re.search(said, out.out), out.out
    lines = [line for line in out.out.splitlines() if line.startswith("FAIL  ")]
    assert lines and all(str(run) in line for line in lines)
    assert f"{len(lines)} problem" in out.out.splitlines()[-1]


def test_a_summary_of_other_settings_is_made_anew(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metrics = run / "iter_0000/metrics"
    rewrite(metrics, lambda body: body["identity"].update({"stage.version": 1}))
    truncate(part(metrics))
    require_intact(Store(str(run)), stored_config(str(run)))
    assert cli.main(["runs", "verify", str(run)]) == 1, "it is damaged all the same"


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runs", "verify", str(tmp_path)]) == 2
    assert "is not a run directory: it holds no config.json" in capsys.readouterr().err


def test_a_run_lies_in_an_object_store(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One listing for each stage, and none of what it found is asked for again."""
    handler = CountingHandler()
    monkeypatch.setitem(BACKENDS, "counted", partial(CountedStorage, handler))
    store = Store(f"counted://{run}")
    require_intact(store, stored_config(f"counted://{run}"))
    listed = [path for what, path in handler.requests if what == "listing"]
    assert len(listed) == len(set(listed)), "each folder is listed once"
    handler.counts()
    assert store.find(0, "episodes") is not None
    assert handler.counts() == {"read": 2}
