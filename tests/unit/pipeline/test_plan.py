"""The stages of a run, found without doing any of them."""

from pathlib import Path

from pipeline.config.load import load_config
from pipeline.plan import planned_stages
from pipeline.state.run import Run


def test_a_plan_lists_every_stage_once_in_order_and_writes_nothing(tmp_path: Path) -> None:
    config = load_config(overrides=[f"run.root={tmp_path}", "run.iterations=1"])
    planned = planned_stages(Run(config, None))
    keys = [(one.iteration, one.stage.name) for one in planned]
    assert keys[0] == (0, "episodes")
    assert keys[-1] == (1, "metrics")
    assert len(keys) == len({*keys})
    assert keys.index((1, "policy")) < keys.index((1, "episodes")) < keys.index((1, "control_policy"))
    assert all(one.units > 0 for one in planned)
    assert list(tmp_path.iterdir()) == []
