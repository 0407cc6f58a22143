"""What a person reads of a wrong setting: name, value, what was expected, where it was said; of every kind."""

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ErrorType

from pipeline.config.load import load_config
from pipeline.config.mistakes import OWN, Sources, explain_mistakes
from pipeline.errors import ConfigError
from pipeline.study.spec import Study

FILE = """
run = 3
[eval]
selectors = "pt"
[rollouts]
samples = "many"
turns = 0
[fine_tune]
trajectories_per_problem = "some"
[verifier]
learning_rate = "fast"
freeze = "maybe"
"""


def said_of(path: Path | None, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        load_config(path, overrides)
    return str(refused.value).splitlines()


def test_a_file_and_an_option_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(FILE)
    assert said_of(file, "rollouts.turns=0.5", "model.dtype=int3") == [
        f"run = 3: expected a section of settings, as in [run] (from {file})",
        "model.dtype = 'int3': expected 'float32' or 'bfloat16' (from the command line)",
        f"rollouts.samples = 'many': expected a whole number, as in 15 (from {file})",
        "rollouts.turns = 0.5: expected a whole number, as in 3 (from the command line)",
        f"verifier.learning_rate = 'fast': expected a number, as in 1e-06 (from {file})",
        f"verifier.freeze = 'maybe': expected true or false, as in false (from {file})",
        f"fine_tune.trajectories_per_problem = 'some': expected a whole number or 'all', as in 3 (from {file})",
        f"eval.selectors = 'pt': expected a list, as in [\"pt\"] (from {file})",
    ]


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("run.root=", "run.root = '': expected at least 1 letter (from the command line)"),
        ("run.root=3", 'run.root = 3: expected text in quotes, as in "runs" (from the command line)'),
        ("eval.widths=[2, 'a']", "eval.widths.1 = 'a': expected a whole number (from the command line)"),
        ("eval.beam=9", "eval.beam = 9 cannot be kept from 5 answers; lower it (from the command line)"),
        ("run.name=a/b", "run.name = 'a/b': expected text of the form ^[A-Za-z0-9._-]+$ (from the command line)"),
    ],
)
def test_one_wrong_option(override: str, line: str) -> None:
    assert said_of(None, override) == [line]


def test_a_later_file_is_the_one_that_is_named(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text("[rollouts]\nsamples = 0\nturns = 2\n")
    two.write_text("[rollouts]\nturns = 0\n")
    with pytest.raises(ConfigError) as refused:
        load_config([one, two])
    assert [line.rpartition("from ")[2] for line in str(refused.value).splitlines()] == [f"{one})", f"{two})"]


def test_settings_of_a_study_are_named_by_their_place_in_it() -> None:
    data: dict[str, Any] = {"name": "a", "methods": [{"strategies": "mucode", "seeds": [0, "x"]}]}
    sources = Sources()
    sources.note(data, "s.toml")
    with pytest.raises(ValidationError) as refused:
        Study.model_validate(data)
    assert explain_mistakes(refused.value, Study, sources) == [
        "methods.0.strategies = 'mucode': expected a list, as in [\"mucode\"] (from s.toml)",
        "methods.0.seeds.1 = 'x': expected a whole number (from s.toml)",
    ]


class Anything(BaseModel):
    value: int = Field(3)


NUMBERS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "actual_length", "tz_expected")
COUNTS = ("tz_actual", "max_digits", "decimal_places", "whole_digits", "expected_version")
WORDS = ("error", "field_type", "pattern", "expected", "class", "class_name", "discriminator", "tag", "expected_tags")
OTHERS = ("encoding", "encoding_error", "expected_schemes", "method_name", "attribute")
CONTEXT: dict[str, Any] = dict.fromkeys((*NUMBERS, *COUNTS), 2) | dict.fromkeys((*WORDS, *OTHERS), "w")
"""What any kind of mistake says about itself."""


@pytest.mark.parametrize("kind", [kind for kind in get_args(ErrorType) if kind not in OWN])
def test_every_kind_of_pydantic_is_said_in_our_words(kind: str) -> None:
    """Whichever a new type of a setting may bring."""
    found: Any = {"type": kind, "loc": ("value",), "input": "y", "ctx": CONTEXT}
    refused = ValidationError.from_exception_data("x", [found])
    (line,) = explain_mistakes(refused, Anything)
    assert "Input should" not in line, line
    if kind == "extra_forbidden":
        assert line.startswith("unknown config key 'value'")
    elif kind == "missing":
        assert line == "value is not set: expected a value"
    else:
        assert line.startswith("value = 'y': expected "), line


def test_a_kind_of_a_plug_in_is_said_too() -> None:
    own = PydanticCustomError("of_a_plug_in", "Input should be blue")
    refused = ValidationError.from_exception_data("x", [{"type": own, "loc": ("value",), "input": "y"}])
    assert explain_mistakes(refused, Anything) == ["value = 'y': expected blue"]
