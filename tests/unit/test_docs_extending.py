"""docs/extending.md: each recipe, installed as the package that the page describes, is found by both names and used."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.prompting.dialogue import build_dialogue
from actors.prompting.feedback import FEEDBACK_STYLES
from actors.prompting.prompts import PROMPT_FORMATS
from actors.scorers.table import SCORERS
from actors.search.selector import Candidate
from actors.search.selectors import SELECTORS
from pipeline.config.load import load_config
from pipeline.methods.relabel import relabel
from pipeline.methods.strategies import STRATEGIES
from pipeline.trackers.group import open_trackers
from pipeline.trackers.kinds import TRACKERS
from pipeline.trackers.tracker import StageSummary
from sandbox.checkers import CHECKERS
from sandbox.languages import LANGUAGES
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.problems.load import DATA_SETS, load_problems
from sandbox.registry import Registry
from sandbox.verdict import Outcome, TestResult, Verdict
from tests.support.episodes import episode, right, wrong

TEXT = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
RECIPES = dict(re.findall(r"^## (An? [^\n]*)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
TABLES: dict[str, Registry[Any]] = {
    "A strategy": STRATEGIES,
    "A selector": SELECTORS,
    "A scorer": SCORERS,
    "A feedback style": FEEDBACK_STYLES,
    "A prompt format": PROMPT_FORMATS,
    "A data set": DATA_SETS,
    "A language": LANGUAGES,
    "A checker": CHECKERS,
    "A tracker": TRACKERS,
}
DOUBLE = Problem(
    problem_id="double", prompt="Double it.", public_tests=(FunctionTest("assert f(1) == 2"),), reference="f = 1"
)


def block(text: str, kind: str) -> str:
    (code,) = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return str(code)


def entry_point(recipe: str) -> tuple[str, str, str]:
    """(group, name, import path) that a recipe adds to pyproject.toml."""
    ((group, names),) = tomllib.loads(block(RECIPES[recipe], "toml"))["project"]["entry-points"].items()
    ((name, path),) = names.items()
    return group, name, path


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's package on the path, with the metadata that pip would write of its entry points."""
    package, metadata = tmp_path / "my_mucode", tmp_path / "my_mucode-0.1.0.dist-info"
    package.mkdir()
    metadata.mkdir()
    (package / "__init__.py").touch()
    points = ""
    for recipe, text in RECIPES.items():
        group, name, path = entry_point(recipe)
        points += f"[{group}]\n{name} = {path}\n"
        (package / f"{path.partition(':')[0].rpartition('.')[2]}.py").write_text(block(text, "python"))
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-mucode\nVersion: 0.1.0\n")
    (metadata / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(str(tmp_path))
    for table in TABLES.values():
        monkeypatch.setattr(table, "_loaded", {})
    yield
    for module in [name for name in sys.modules if name.partition(".")[0] == "my_mucode"]:
        del sys.modules[module]


def test_every_door_has_a_recipe() -> None:
    assert RECIPES.keys() == TABLES.keys()


@pytest.mark.parametrize("recipe", TABLES)
def test_the_row_is_one_short_file_that_its_table_finds(recipe: str) -> None:
    group, name, path = entry_point(recipe)
    table = TABLES[recipe]
    assert group == table.group
    assert len(block(RECIPES[recipe], "python").splitlines()) <= 30
    assert f"`{path.partition(':')[0].replace('.', '/')}.py`" in RECIPES[recipe]
    assert table.check(name) == name
    assert table[name] == table[path]


def test_the_strategy() -> None:
    config = load_config(None, ['run.strategy="shortest"'])
    strategy = STRATEGIES[config.run.strategy].completed(config.protocol, 3)
    episodes = [episode("e0", wrong("a"), right("long")), episode("e1", right("r"), sample=1)]
    found = relabel(episodes, {}, strategy, "shortest").examples
    assert {row["target"] for row in found} == {"r"}


def test_the_selector() -> None:
    assert load_config(None, ['eval.selectors=["pt", "pt_random"]']).eval.selectors == ("pt", "pt_random")
    candidates = [Candidate(index=index, passes_public=index in (2, 4)) for index in range(6)]
    firsts = {tuple(one.index for one in SELECTORS["pt_random"].rank(candidates, seed)[:2]) for seed in range(20)}
    assert firsts == {(2, 4), (4, 2)}


def test_the_scorer() -> None:
    kind = SCORERS[load_config(None, ['verifier.scorer="brevity"']).verifier.scorer]
    scorer = kind.load("", dtype="float32", max_tokens=64, batch_tokens=64)
    assert scorer.score_pairs([("p", "abc"), ("p", "")]) == [-3.0, 0.0]


def test_the_feedback_style() -> None:
    settings = load_config(None, ['dialogue.feedback="counted"']).dialogue
    failed = Outcome(
        verdict=Verdict.WRONG_ANSWER, tests=(TestResult(index=0, verdict=Verdict.WRONG_ANSWER, message="got [3]"),)
    )
    told = build_dialogue(settings.style, settings.feedback).feedback(DOUBLE, failed)
    assert told.startswith("wrong answer; 0 of 1 public tests passed before it\n\nWrite the whole program again")


def test_the_prompt_format() -> None:
    dialogue = build_dialogue(load_config(None, ['dialogue.style="tagged"']).dialogue.style)
    assert "assert f(1) == 2" in dialogue.first_prompt(DOUBLE)
    assert dialogue.program(dialogue.reference_answer(DOUBLE) or "", DOUBLE) == "f = 1"
    assert dialogue.program("no program", DOUBLE) is None


def test_the_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = '{"id": "k1", "text": "Double it.", "tests": ["assert f(1) == 2", "assert f(2) == 4"], "solution": "f = 1"}'
    (tmp_path / "katas").mkdir()
    (tmp_path / "katas" / "katas.jsonl").write_text(row)
    monkeypatch.setenv("MUCODE_DATA_DIR", str(tmp_path))
    for name in ("katas", "my_mucode.data:KATAS", f"katas@{tmp_path}/katas/katas.jsonl"):
        (problem,) = load_problems(name)
        assert (problem.problem_id, len(problem.public_tests), len(problem.private_tests)) == ("k1", 1, 1)


def test_the_language(tmp_path: Path) -> None:
    file = tmp_path / "problems.jsonl"
    file.write_text(
        '{"task_id": "a", "prompt": "Echo.", "io": "stdio", "language": "awk",'
        ' "private_tests": [{"input": "a", "output": "a"}]}'
    )
    (problem,) = load_problems(str(file))
    assert LANGUAGES[problem.language].title == "AWK"


def test_the_checker(tmp_path: Path) -> None:
    file = tmp_path / "problems.jsonl"
    file.write_text(
        '{"task_id": "a", "prompt": "Words.", "io": "stdio", "checker": "anagram",'
        ' "private_tests": [{"input": "", "output": "a b"}]}'
    )
    (problem,) = load_problems(str(file))
    difference = CHECKERS[problem.checker].difference
    said = [difference(StdioTest("", "a b"), output, None) for output in (b"b a\n", b"a\n")]
    assert said == [None, "other words"]


def test_the_tracker(tmp_path: Path) -> None:
    with open_trackers(load_config(None, ['run.trackers=["seconds"]']).run.trackers, str(tmp_path)) as group:
        group.stage_finished(StageSummary(iteration=1, stage="policy", started=0.0, seconds=2.5))
        assert group.names == ("seconds",)
    assert (tmp_path / "seconds.csv").read_text() == "1,policy,2.5\n"
