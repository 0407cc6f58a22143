"""Estimates before launch: clusters in a few words, seconds of stages, and the truth beside them."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from actors.machine.capacity import Machine
from pipeline import cli
from pipeline.config.load import load_config
from pipeline.durations.cluster import ACCELERATORS, parse_cluster
from pipeline.durations.speeds import Speeds, accelerator_speeds, cpu_speeds
from pipeline.durations.stages import RunSizes, stage_seconds
from pipeline.durations.text import describe_durations, run_times
from pipeline.errors import ConfigError
from pipeline.stages.catalogue import STAGES
from pipeline.stages.generator import POLICY
from pipeline.stages.sampling import EPISODES
from pipeline.state.problems import ProblemSplits
from pipeline.state.run_progress import PlannedStage
from pipeline.state.stage import StageKind
from tests.support.published import real
from tests.support.trained_run import TrainedRun

H100S = accelerator_speeds(parse_cluster("8xH100"), "bfloat16")
EIGHT_BILLION = RunSizes(generator=8e9, verifier=8e9)
TWO_CORES = Machine(cores=2, memory=24 << 30, bfloat16=True)
LARGE = [
    *("model.generator=x/Llama-3.1-8B", "generator.replicas=8", "training.workers=8"),
    *("rollouts.max_tokens=1000", "model.max_tokens=16384", "model.dtype=bfloat16"),
]


@pytest.mark.parametrize(
    ("text", "nodes", "each", "name"),
    [("4x8xH100", 4, 8, "H100"), ("8xa100", 1, 8, "A100"), ("1xL40S", 1, 1, "L40S"), ("100x4xb200", 100, 4, "B200")],
)
def test_a_cluster_in_a_few_words(text: str, nodes: int, each: int, name: str) -> None:
    found = parse_cluster(text)
    assert (found.nodes, found.each, found.name, found.accelerators) == (nodes, each, name, nodes * each)
    assert [len(node.accelerators) for node in found.as_nodes()] == [each] * nodes


@pytest.mark.parametrize(
    "text", ["", "H100", "8xV1", "0x8xH100", "4x0xH100", "4x8", "-1xH100", "4x8xH100x2", "x8xH100"]
)
def test_another_text_is_refused_with_what_is_known(text: str) -> None:
    with pytest.raises(ConfigError, match=r"expected NODESxACCELERATORSxNAME, as in 4x8xH100, .* A10, L4"):
        parse_cluster(text)


def test_every_kind_has_stages() -> None:
    assert {stage.rate.kind for stage in STAGES} == set(get_args(StageKind))


def seconds(stage: PlannedStage, speeds: Speeds = H100S, *settings: str) -> float:
    return stage_seconds(load_config(None, [*LARGE, *settings]), EIGHT_BILLION, speeds, stage)


def test_operations_over_speed() -> None:
    """By hand: 1,000 answers of 500 tokens after 350 told, over 8 devices; 6 operations for 2 turns on average."""
    sampling = PlannedStage(stage=EPISODES, iteration=0, units=1000)
    by_hand = 1000 * 2 * 8e9 * (500 / (0.15 * 989e12) + 350 / (0.4 * 989e12)) / 8
    assert seconds(sampling) == pytest.approx(by_hand)
    tuning = PlannedStage(stage=POLICY, iteration=1, units=1000)
    assert seconds(tuning) == pytest.approx(1000 * 6 * 8e9 * 850 * 2 / (0.3 * 989e12) / 8)


def test_what_is_not_there_does_not_help() -> None:
    """Eight accelerators serve two generators no faster than two, and sixteen generators find eight."""
    sampling = PlannedStage(stage=EPISODES, iteration=0, units=1000)
    assert seconds(sampling, H100S, "generator.replicas=2") == pytest.approx(4 * seconds(sampling))
    assert seconds(sampling, H100S, "generator.replicas=16") == pytest.approx(seconds(sampling))
    assert seconds(sampling, replace(H100S, devices=16), "generator.replicas=16") == pytest.approx(
        seconds(sampling) / 2
    )


def test_bfloat16_counts_where_a_core_computes_in_it() -> None:
    old, new = (Machine(cores=4, memory=1, bfloat16=has) for has in (False, True))
    ratio = cpu_speeds(new, "bfloat16").each["sampling"] / cpu_speeds(old, "bfloat16").each["sampling"]
    assert ratio > 2 and cpu_speeds(new, "float32") == cpu_speeds(old, "bfloat16")


def test_what_is_finished_is_shown_beside_its_estimate(tmp_path: Path) -> None:
    """Of a run that was killed before iteration 1's fine-tuning; both of its samplings took 20 seconds."""
    run = TrainedRun(tmp_path, "run.iterations=1", stop=(1, "policy")).carry_out()
    for name in ("episodes", "held_out"):
        file = tmp_path / f"r/iter_0000/{name}/manifest.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"seconds": 20.0}))
    sizes, speeds = RunSizes(generator=2e5, verifier=2e5), cpu_speeds(TWO_CORES, "float32")
    times = {one.kind: one for one in run_times(run.config, ProblemSplits(), sizes, speeds)}
    assert times["fine-tuning"].taken == times["fine-tuning"].estimated == 0 < times["fine-tuning"].expected
    assert times["sampling"].taken == 40 and 0 < times["sampling"].estimated < times["sampling"].expected
    text = describe_durations(run.config, ProblemSplits())
    assert "finished     took 40 s, estimated" in text and "sampling 40 s (estimated" in text
    fresh = load_config(None, [f"run.root={tmp_path}", "run.name=other"])
    assert "finished" not in describe_durations(fresh, ProblemSplits())


def test_the_built_in_run_takes_minutes() -> None:
    """The estimate rests on the rates of the rows: 325 to 385 s were measured on two cores."""
    config = load_config(Path("pipeline/embedded/embedded.toml"), [])
    sizes = RunSizes(generator=195_000, verifier=195_000)
    total = sum(one.expected for one in run_times(config, ProblemSplits(), sizes, cpu_speeds(TWO_CORES, "float32")))
    assert 250 < total < 500


@real
def test_a_dry_run_of_a_cluster_says_memory_and_hours(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["run", "--dry-run", "llama-3.1-8b", "configs/cluster-4x8.toml", "--on", "4x8xH100"]
    assert cli.main(asked) == 0
    said = capsys.readouterr().out
    assert "each worker of fine-tuning takes 8.0 GiB" in said
    found = re.search(r"time +about (.*) on 4 × 8 H100, ([\d.]+) GPU-hours: sampling .*, fine-tuning", said)
    assert found and 5 < float(found[2]) < 200


@real
def test_accelerators_that_are_too_small_or_too_few_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--dry-run", "llama-3.1-8b", "--on", "8xL4"]) == 2
    assert "may take 14.4 GiB of an accelerator with 24 GiB: raise generator.gpu_memory" in capsys.readouterr().err
    assert cli.main(["run", "--dry-run", "llama-3.1-8b", "--on", "2xH100"]) == 2
    assert "Lower training.workers" in capsys.readouterr().err


def test_only_a_dry_run_is_imagined(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--on", "8xH100"]) == 2
    assert "only a dry run is imagined" in capsys.readouterr().err


def test_every_accelerator_has_memory_and_speed() -> None:
    assert all(one.memory_gib >= 24 and one.teraflops > 100 for one in ACCELERATORS.values())
