"""docs/strategies.md: its example runs, and its tables say what the code says."""

import re
from pathlib import Path

import pytest

from actors.prompting.feedback import FEEDBACK_STYLES
from pipeline.config.load import EMBEDDED, load_config
from pipeline.config.presets import PROTOCOLS
from pipeline.methods.relabel import DROPPED, relabel
from pipeline.methods.strategies import STRATEGIES
from pipeline.preflight.check import check_settings
from pipeline.state.problems import ProblemSplits
from tests.support.episodes import episode, right, wrong

TEXT = (Path(__file__).parents[4] / "docs" / "strategies.md").read_text()


def test_the_example_is_a_strategy_in_under_30_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finals score 5, 2 and 1, so e0 and e2 are the favourites; of the correct answers r is shorter than right."""
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len(code.splitlines()) < 30
    (tmp_path / "favourites.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    config = load_config(EMBEDDED, ['run.strategy="favourites:FAVOURITES"'])
    check_settings(config, ProblemSplits())
    strategy = STRATEGIES[config.run.strategy].completed(config.protocol, 3)
    episodes = [
        episode("e0", wrong("a"), wrong("b")),
        episode("e1", right("right"), right("r"), sample=1),
        episode("e2", wrong("d"), sample=2),
    ]
    scores = {("e0", 0): 0.0, ("e0", 1): 5.0, ("e1", 0): 0.0, ("e1", 1): 1.0, ("e2", 0): 2.0}
    found = relabel(episodes, scores, strategy, config.run.strategy)
    rows = [(row["history_episode"], row["history_turn"], row["target"]) for row in found.examples]
    assert rows == [("e0", 0, "r"), ("e0", 1, "r"), ("e2", 0, "r")]
    assert found.counts["dropped_beyond_limit"] == 2


def test_every_row_is_described() -> None:
    for name in (*STRATEGIES, *FEEDBACK_STYLES, *DROPPED):
        assert f"`{name}`" in TEXT


def test_the_table_of_protocols_is_that_of_the_code() -> None:
    rows = {
        row[0].strip(): [cell.strip() for cell in row[1:]]
        for row in (line.strip("|").split("|") for line in TEXT.splitlines() if line.startswith("|"))
        if re.match(r"\s*`(protocol|dialogue|fine_tune|verifier|eval)\.", row[0]) and len(row) == 4
    }
    described = " ".join(rows)
    for section, values in PROTOCOLS["paper"].settings.items():
        for name in values:
            assert f".{name}`" in described, f"{section}.{name} is in no row"
    default = load_config(None)
    for key, cells in rows.items():
        names = re.findall(r"`(\w+)?\.(\w+)`", key)
        section = names[0][0]
        for number, (own, name) in enumerate(names):
            for cell, column in zip(cells, ("default", "paper", "release"), strict=True):
                where = own or section
                value = PROTOCOLS[column].settings.get(where, {}).get(name, getattr(getattr(default, where), name))
                said = re.split(r"[:,] ", cell)[0] if len(names) == 1 else cell.split(", ")[number]
                assert said.strip('`"') in (
                    str(value),
                    str(value).lower(),
                    "unset" if value is None else "" if isinstance(value, str) else f"{value:g}",
                ), (
                    key,
                    column,
                    said,
                    value,
                )
