"""What damaged input was found to do, each kind by its smallest case: these ended in a traceback or a wrong result."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.storage.checkpoint import CheckpointError, verify_checkpoint
from pipeline.commands.failure import error_text
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.integrity.before_work import require_intact
from pipeline.model_files.directory import check_directory
from pipeline.overview.directory_status import directory_status
from pipeline.preflight.check import check_settings
from pipeline.report.page import write_report
from pipeline.retention.keeping import kept_trainings
from pipeline.sizing.model_facts import read_model_facts
from pipeline.state.plugins import stored_plugins
from pipeline.state.problems import ProblemSplits
from pipeline.state.run_directory import stored_config
from pipeline.state.store import Store
from pipeline.study.load import load_study
from pipeline.trackers.steps import read_progress, read_training_steps
from pipeline.trackers.told import TrackingFile
from sandbox.errors import ProblemError, UserError
from sandbox.problems.load import read_problems
from tests.fuzz.problem_rows import BY_HAND
from tests.fuzz.run_directories import write_run
from tests.support.model_directories import model_directory

ROOT = Path(__file__).parents[2]
DEEP = "[" * 100_000
READS_JSON = {"sandbox/json_text.py", "pipeline/training/states/identity.py"}
"""The one reader, and a record that is written and read at once."""


def test_json_has_one_reader() -> None:
    """Whoever parses by himself forgets that nesting ends in a RecursionError."""
    files = [path for floor in ("pipeline", "actors", "sandbox") for path in (ROOT / floor).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if "json.loads(" in path.read_text()}
    assert {name for name in found if "/guest/" not in name and "/programs/" not in name} == READS_JSON


# ---- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [DEEP, "9" * 5000], ids=["nested too deep", "too many digits"])
def test_toml_that_python_cannot_hold(tmp_path: Path, value: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f"[run]\nseed = {value}")
    with pytest.raises(ConfigError, match=r"c\.toml is not valid TOML: "):
        load_config(file)
    with pytest.raises(ConfigError, match=r"run\.seed = .*expected a whole number"):
        load_config(None, [f"run.seed={value}"])


@pytest.mark.parametrize("value", ["0x" + "f" * 5000, str(10**400), str(-(10**16))])
def test_numbers_that_nothing_computes_with(value: str) -> None:
    with pytest.raises(ConfigError, match=r"run\.seed = .*: expected a number from -1000000000000000 to"):
        load_config(None, [f"run.seed={value}"])


def test_a_value_of_several_lines_is_one_text() -> None:
    assert load_config(None, ["model.generator=1\nseed = 2"]).model.generator == "1\nseed = 2"


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "/" * 5000])
def test_names_that_no_file_has(name: str) -> None:
    with pytest.raises(ConfigError, match="no config file at"):
        load_config(name)
    with pytest.raises(ProblemError, match="is neither a file nor a data set"):
        read_problems(name)


def test_thousands_of_mistakes_are_a_few_lines() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [f"eval.widths={[-1] * 5000}"])
    assert len(str(caught.value).splitlines()) == 11 and str(caught.value).endswith("and 4990 more")


def test_an_error_quotes_no_megabyte_and_moves_no_cursor() -> None:
    with pytest.raises(UserError) as caught:
        load_config(None, [f"run.strategy={'x' * 100_000}\x1b[2J"])
    text = error_text(caught.value)
    assert len(text) < 1000 and "\x1b" not in text and text.startswith("run.strategy = ")


def test_an_unknown_key_where_no_key_is_known(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('name = "s"\n[[methods]]\nstrategies = ["base"]\nseeds = [0]\n[[dials]]\na = {b = {c = {d = 1}}}\n')
    with pytest.raises(ConfigError, match=r"unknown config key 'dials\.0\.a'"):
        load_study(file)


def test_a_dry_run_whose_verifier_is_elsewhere() -> None:
    """The context stays open, and is no reason to end by an assertion."""
    config = load_config(None, ["model.verifier=some/model"])
    assert not check_settings(config, ProblemSplits()).is_settled


def test_a_study_whose_config_is_no_table(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('name = "s"\nconfig = true\n[[methods]]\nstrategies = ["base"]\nseeds = [0]\n')
    with pytest.raises(ConfigError, match=r"s\.toml: config = 'True': expected sections"):
        load_study(file, None, ["run.seed=1"])


# ---- run directories -----------------------------------------------------------------------------------------------


def edited(change: Callable[[Any], object]) -> Callable[[Path], object]:
    def edit(path: Path) -> None:
        body = json.loads(path.read_text())
        change(body)
        path.write_text(json.dumps(body))

    return edit


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


MANIFEST, STEPS = "iter_0000/episodes/manifest.json", "iter_0000/verifier/training_steps.parquet"
FINISHED = "iter_0000/verifier/checkpoint/checkpoint.json"
Damage = Callable[[Path], object]
FOUND: dict[str, tuple[str, Damage, Callable[[Path], object], str]] = {
    "nested too deep": (
        MANIFEST,
        lambda path: path.write_text(DEEP),
        lambda root: Store(str(root)).read_manifest(0, "episodes"),
        r"manifest\.json is damaged, .*nested too deep",
    ),
    "a folder where a file was": (
        MANIFEST,
        as_folder,
        lambda root: require_intact(Store(str(root)), stored_config(str(root))),
        r"manifest\.json cannot be read: .*Put back what was there",
    ),
    "a count that is no number": (
        MANIFEST,
        edited(lambda body: body["parts"][0]["counts"].update(episodes="3")),
        lambda root: Store(str(root)).read_manifest(0, "episodes"),
        r"manifest\.json: the record of a part says no counts",
    ),
    "a count that is missing": (
        "iter_0000/search_greedy/manifest.json",
        edited(lambda body: body["parts"][0].update(counts={})),
        lambda root: kept_trainings(Store(str(root)), "last+best"),
        r"search_greedy/manifest\.json: no part has counted episodes",
    ),
    "no word of a checkpoint": (
        MANIFEST,
        edited(lambda body: body.pop("checkpoint")),
        lambda root: Store(str(root)).read_manifest(0, "episodes"),
        r"manifest\.json is no manifest of a stage \(checkpoint is missing",
    ),
    "facts of other types": (
        MANIFEST,
        edited(lambda body: body["facts"].update(unjudged_problems=7)),
        lambda root: write_report(Store(str(root))),
        r"manifest\.json is no manifest of a stage \(facts is missing or not what it should be",
    ),
    "seconds that are no time": (
        MANIFEST,
        lambda path: path.write_text(re.sub(r'"seconds": [\d.]+', '"seconds": NaN', path.read_text())),
        lambda root: write_report(Store(str(root))),
        r"manifest\.json is no manifest of a stage \(seconds is missing",
    ),
    "plug-ins without labels": (
        "plugins.json",
        edited(lambda body: body[0].pop("label")),
        lambda root: stored_plugins(Store(str(root))),
        r"plugins\.json is damaged, not what was written \(0\.label: Field required\)",
    ),
    "a tracker that was told no list": (
        "tracking.json",
        edited(lambda body: body["told"]["console"].update(stages=3)),
        lambda root: TrackingFile(str(root)).told("console"),
        r"tracking\.json is damaged, not what was written \(told\.console\.stages: ",
    ),
    "progress of no steps": (
        "iter_0001/verifier/progress.json",
        edited(lambda body: body.pop("rows")),
        lambda root: read_progress(str(root / "iter_0001/verifier")),
        r"progress\.json is damaged, not what was written \(rows: ",
    ),
    "versions that are a list": (
        "environment.json",
        lambda path: path.write_text("[1]"),
        lambda root: write_report(Store(str(root))),
        r"environment\.json is damaged, not what was written",
    ),
    "settings that are no sections": (
        "config.json",
        lambda path: path.write_text('{"run": 3}'),
        lambda root: write_report(Store(str(root))),
        r"config\.json is damaged, not what was written \(run: ",
    ),
    "a span in no UTF-8": (
        "spans.jsonl",
        lambda path: path.write_bytes(b"\xff\n"),
        lambda root: write_report(Store(str(root))),
        r"spans\.jsonl is damaged",
    ),
    "steps of another table": (
        STEPS,
        lambda path: pq.write_table(pa.table({"step": [1], "loss": ["x"]}), path),
        lambda root: read_training_steps(str(root / "iter_0000/verifier")),
        r"training_steps\.parquet has no column step of int32",
    ),
    "a removal in no year": (
        "iter_0001/policy/checkpoint/removed.json",
        edited(lambda body: body.update(time=1e300)),
        lambda root: write_report(Store(str(root))),
        r"removed\.json is damaged, not what was written \(time: ",
    ),
    "a file outside its checkpoint": (
        FINISHED,
        edited(lambda body: body["files"].update({"../../x": {"bytes": 1, "sha256": "x"}})),
        lambda root: verify_checkpoint(root / "iter_0000/verifier/checkpoint"),
        r"checkpoint\.json is altered, as it does not list files",
    ),
    "a copy outside the cache": (
        FINISHED,
        edited(lambda body: body.update(policy_id="../x")),
        lambda root: verify_checkpoint(root / "iter_0000/verifier/checkpoint"),
        r"checkpoint\.json is altered, as its policy_id is '\.\./x'",
    ),
}


@pytest.mark.parametrize("kind", FOUND)
def test_damage_of_a_run_is_named(kind: str, tmp_path: Path) -> None:
    name, damage, read, said = FOUND[kind]
    root = write_run(tmp_path)
    damage(root / name)
    with pytest.raises(UserError, match=said):
        read(root)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("status.json", '{"schema": "status/1", "kind": "run", "written": "x"}'),
        ("driver.json", '{"host": "h", "pid": 1e400, "started": "x"}'),
        ("lease/000001.json", '{"process": {"pid": 99999999999999}}'),
        ("iter_0000/notes.txt", "a person's"),
    ],
)
def test_the_status_is_what_can_be_known(tmp_path: Path, name: str, body: str) -> None:
    root = write_run(tmp_path)
    (root / name).write_text(body)
    status = directory_status(str(root))
    assert status.kind == "run" and json.loads(json.dumps(status.to_json(), allow_nan=False))


def test_a_removed_file_of_a_checkpoint_is_a_folder(tmp_path: Path) -> None:
    root = write_run(tmp_path) / "iter_0000/verifier/checkpoint"
    as_folder(root / "checkpoint.json")
    with pytest.raises(CheckpointError, match=r"checkpoint cannot be read: Is a directory; make it again"):
        verify_checkpoint(root)


# ---- problems ------------------------------------------------------------------------------------------------------

CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "a program that is no text": ("codecontests", {"solutions": {"language": [3], "solution": [7]}}, "field solutions"),
    "solutions that are no lists": ("codecontests", {"solutions": [1]}, "field solutions: expected two lists"),
    "seconds that no float holds": ("codecontests", {"time_limit": {"seconds": 10**400}}, "field time_limit"),
    "an output that is no text": ("codecontests_sample", {"test": '[{"input": {"stdin": 1}}]'}, "field test"),
    "a name that is no text": ("codecontests_sample", {"labels": '{"name": [1]}'}, "field labels"),
    "a method that is no name": ("livecodebench", {"metadata": '{"func_name": 7}'}, "func_name to be the name of"),
    "infinity, which has no literal": (
        "apps",
        {"input_output": '{"fn_name": "f", "inputs": [[1e999]], "outputs": [[1]]}'},
        "field input_output: expected JSON",
    ),
    "a solution that is no text": ("apps", {"solutions": "[7]"}, "field solutions: expected a list of programs"),
    "tests of no list": ("kodcode", {"test_info": 7}, "field test_info: expected a list of functions"),
    "a method that is a keyword": ("leetcode", {"entry_point": "Solution().class"}, r"expected Solution\(\)\.NAME"),
    "a reference that is no Python": ("bigcodebench", {"canonical_solution": "\n  )"}, "field canonical_solution"),
    "no arguments where one is meant": (
        "mbpp_evalplus",
        {"task_id": "Mbpp/75", "base_input": [[]]},
        "field base_input: expected arguments of Mbpp/75",
    ),
    "text that has no encoding": (
        "codecontests",
        {"private_tests": {"input": ["\ud800"], "output": ["1"]}},
        "field private_tests: expected text without lone surrogates",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_damage_of_a_problem_is_named(kind: str, tmp_path: Path) -> None:
    name, change, said = CASES[kind]
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(BY_HAND[name][0] | change))
    with pytest.raises(ProblemError, match=said) as caught:
        read_problems(f"{name}@{file}")
    assert str(file) in str(caught.value)


def test_times_that_no_calendar_has(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"task_id": pa.array([2**62], pa.timestamp("us"))}), file)
    with pytest.raises(ProblemError, match=r"rows\.parquet"):
        read_problems(str(file))


# ---- models --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["[]", "3", DEEP], ids=["a list", "a number", "nested too deep"])
def test_a_model_config_that_is_no_object(tmp_path: Path, content: str) -> None:
    directory = model_directory(tmp_path / "model")
    (directory / "config.json").write_text(content)
    with pytest.raises(ConfigError, match=r"config\.json "):
        check_directory(directory)
    assert read_model_facts(directory).positions is None
