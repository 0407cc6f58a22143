"""Config files, study files and `--set`, read as `mucode run` and `mucode study` read them before any work."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from pipeline.commands.failure import printable
from pipeline.config.load import load_config, validated_config
from pipeline.config.schema import Config
from pipeline.config.shipped import shipped_configs
from pipeline.preflight.check import check_settings
from pipeline.state.problems import ProblemSplits
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from pipeline.study.spec import Study
from tests.fuzz.cases import AMOUNTS, examine, judged
from tests.fuzz.documents import damaged, doubling, encoded, toml_text
from tests.fuzz.files import damaged_bytes
from tests.fuzz.values import PLAIN, TEXTS, TOML_VALUES

SHIPPED = {name: tomllib.loads(path.read_text()) for name, path in shipped_configs().items()}
STUDIES = [content for content in SHIPPED.values() if "methods" in content]
RUNS: list[dict[str, Any]] = [content for content in SHIPPED.values() if "methods" not in content]
RUNS.append(json.loads(Config().model_dump_json(exclude_none=True)))
SETTINGS = [f"{section}.{name}" for section, body in RUNS[-1].items() for name in body]
SECTIONS = tuple(Config.model_fields)
SPLITS = ProblemSplits()
"""Data sets are read once for all cases: what is tried is the settings."""


def written(data: st.DataObject, folder: Path, documents: list[dict[str, Any]]) -> Path:
    """A file of which an entry, or sometimes a byte, is not what it was."""
    document = doubling(data.draw(st.sampled_from(documents)))
    content = encoded(toml_text(data.draw(damaged(document, TOML_VALUES))))
    if not data.draw(st.integers(0, 5)):
        content = data.draw(damaged_bytes(encoded(toml_text(document))))
    file = folder / "some.toml"
    file.write_bytes(content)
    return file


OVERRIDES = st.lists(
    st.one_of(
        st.builds(lambda key, value: f"{key}={toml_text(value)}", st.sampled_from(SETTINGS), TOML_VALUES),
        st.builds(lambda key, value: f"{key}{value}", st.sampled_from(SETTINGS), st.sampled_from(TEXTS)),
        st.builds(lambda key, value: f"{key}={value}", st.sampled_from(TEXTS), PLAIN),
        st.text(max_size=30),
    ),
    max_size=2,
)


@AMOUNTS
def test_configs(amount: str, tmp_path: Path) -> None:
    """What is accepted can be written into a run directory and read again."""

    def case(data: st.DataObject) -> None:
        file, overrides = written(data, tmp_path, RUNS), data.draw(OVERRIDES)
        names = [str(file), "--set", *(f"{section}" for section in SECTIONS)]
        config = judged(lambda: load_config(file, overrides), names, "configs")
        if config is not None:
            assert validated_config(json.loads(config.model_dump_json())) == config
            judged(lambda: check_settings(config, SPLITS), names, "configs, checked before a run")

    examine(case, amount, few=60, many=2000)


@AMOUNTS
def test_names_of_config_files(amount: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def case(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(TEXTS) | st.text(max_size=20))
        judged(
            lambda: load_config(name, []),
            ["config file", printable(name.partition("\n")[0])[:30]],
            "names of config files",
        )

    examine(case, amount, few=20, many=300)


@AMOUNTS
def test_studies(amount: str, tmp_path: Path) -> None:
    names = [*Study.model_fields, *SECTIONS, "some.toml", "--set", "strategy", "search"]

    def case(data: st.DataObject) -> None:
        file, overrides = written(data, tmp_path, STUDIES), data.draw(OVERRIDES)
        judged(lambda: study_runs(load_study(file, None, overrides)), names, "studies")

    examine(case, amount, few=20, many=800)
