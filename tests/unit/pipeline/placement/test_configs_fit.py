"""configs/ and cluster.yaml are held together: each file says what it runs on, and all its phases find places there."""

from pathlib import Path

import pytest

from pipeline.config.load import load_config
from pipeline.placement.memory import memory_needs
from pipeline.placement.model_shape import ModelShape, find_model_shape, shape_of_config
from pipeline.placement.nodes import share_of_worker
from pipeline.placement.resources import plan_resources
from pipeline.study.load import load_study
from pipeline.study.runs import distinct_configs, study_runs
from tests.support.cluster_nodes import CONFIGS, nodes_for, shipped_runs, shipped_studies

RUNS = shipped_runs()
MODELS = {  # parameters, and what the publisher's config.json says
    "meta-llama/Llama-3.1-8B-Instruct": (8.03e9, (4096, 32, 14336, 32, 8, 128256)),
    "meta-llama/Llama-3.2-1B-Instruct": (1.24e9, (2048, 16, 8192, 32, 8, 128256)),
    "Qwen/Qwen2.5-1.5B-Instruct": (1.54e9, (1536, 28, 8960, 12, 2, 151936)),
    "HuggingFaceTB/SmolLM2-135M-Instruct": (1.35e8, (576, 30, 1536, 9, 3, 49152)),
}
FIELDS = (
    *("hidden_size", "num_hidden_layers", "intermediate_size"),
    *("num_attention_heads", "num_key_value_heads", "vocab_size"),
)


def shape(name: str) -> ModelShape:
    if name.startswith("builtin:"):
        found = find_model_shape(name)
        assert found is not None
        return found
    parameters, numbers = MODELS[name]
    return shape_of_config(dict(zip(FIELDS, numbers, strict=True)), parameters)


def test_every_file_is_among_them() -> None:
    here = {path.name for files in RUNS.values() for path in files} | {path.name for path in shipped_studies()}
    assert here == {path.name for path in CONFIGS.glob("*.toml")}
    assert "llama-3.1-8b+cluster-4x8" in RUNS


@pytest.mark.parametrize("files", RUNS.values(), ids=RUNS)
def test_a_run_fits_the_nodes_that_it_names(files: list[Path]) -> None:
    config = load_config(files)
    nodes = nodes_for(config, *files)
    plan = plan_resources(config, nodes)
    memory = min((node.accelerator_gib for node in nodes if node.accelerator_gib), default=None)
    assert (memory is None) == (not any(node.accelerators for node in nodes))
    if memory is not None:
        for need in memory_needs(config, plan, memory, shape(config.model.generator), shape(config.model.verifier)):
            assert need.certain + need.estimated < need.allowed, need.text()
        assert config.generator.gpu_memory_fraction <= plan.generator.gpus


def test_eight_billion_parameters_do_not_fit_the_smaller_nodes() -> None:
    """The check above can fail."""
    config = load_config(CONFIGS / "llama-3.1-8b.toml")
    small = nodes_for(config, CONFIGS / "llama-3.2-1b.toml")
    plan = plan_resources(config, small)
    model = shape(config.model.generator)
    needs = [need for need in memory_needs(config, plan, 45, model, model) if need.certain > need.allowed]
    assert [need.role for need in needs] == ["each verifier"]


@pytest.mark.parametrize("path", shipped_studies(), ids=lambda path: path.stem)
def test_a_study_fits_the_machine_that_it_names(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each worker has a Ray of its own there."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    study = load_study(path)
    for config in distinct_configs(study_runs(study)):
        for worker in range(study.lanes):
            plan_resources(config, share_of_worker(nodes_for(config, path), study.lanes, worker))
