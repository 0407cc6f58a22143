"""Open settings of data are chosen once and kept by the run, those of sizes at each start."""

import json
from pathlib import Path

import pytest

from actors.machine.capacity import Machine
from pipeline.config.load import load_config
from pipeline.errors import StoreError
from pipeline.preflight.settling import choices_text, settle_config
from pipeline.sizing.choices import choose_sizes
from pipeline.sizing.model_facts import read_model_facts
from pipeline.state.run_directory import claim_directory, require_free, run_root, stored_config
from pipeline.state.store import Store
from tests.unit.pipeline.sizing.test_model_facts import QWEN2, write_tensors

FIRST = Machine(cores=2, memory=24 << 30, bfloat16=True)
SECOND = Machine(cores=8, memory=8 << 30, bfloat16=False)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Files of a model of 51 M parameters in bfloat16 that say its size, and nothing else."""
    directory = tmp_path / "model"
    directory.mkdir()
    (directory / "config.json").write_text(json.dumps(QWEN2))
    write_tensors(directory / "model.safetensors", embed=("BF16", [50_000, 1024]))
    return directory


def test_another_machine_keeps_dtype_and_context_and_changes_the_rest(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    given = load_config(None, [f"model.generator={model}", f"run.root={tmp_path}", "run.name=moved"])
    first = settle_config(given, trains=False, fetch=True, machine=FIRST)
    assert (first.model.dtype, first.model.max_tokens) == ("bfloat16", 4096)
    claim_directory(Store(run_root(first)), first)

    again = settle_config(given, trains=False, fetch=True, machine=SECOND)
    resumed = stored_config(run_root(first))
    assert again.identity("model") == resumed.identity("model") == first.identity("model")
    require_free(Store(run_root(first)), again)  # the same command continues it
    facts = read_model_facts(model)
    here, there = choose_sizes(resumed, facts, FIRST), choose_sizes(resumed, facts, SECOND)
    assert (here.generator_threads, here.kv_cache_mib) == (2, 770)
    assert (there.generator_threads, there.kv_cache_mib) == (8, 770)
    assert (resumed.generator.threads, resumed.generator.kv_cache_mib) == (None, None)  # open still, in the directory

    elsewhere = settle_config(
        load_config(None, [f"model.generator={model}", f"run.root={tmp_path}", "run.name=new"]),
        trains=False,
        fetch=True,
        machine=SECOND,
    )
    assert elsewhere.model.dtype == "float32"  # what a first start there would choose
    with pytest.raises(StoreError, match=r"model\.dtype: there 'bfloat16', now 'float32'"):
        require_free(Store(run_root(first)), elsewhere.model_copy(update={"run": given.run}))


def test_a_model_that_is_not_here_stays_open_in_a_dry_run(tmp_path: Path) -> None:
    config = load_config(None, ["model.generator=nobody/has-this", f"run.root={tmp_path}"])
    assert settle_config(config, trains=False, fetch=False) == config
    assert "'nobody/has-this' is not on this machine" in choices_text(config, config, trains=False)


def test_only_what_is_open_is_told(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.preflight.settling.this_machine", lambda: FIRST)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    given = load_config(None, [f"model.generator={model}", f"run.root={tmp_path}", "generator.threads=1"])
    text = choices_text(given, settle_config(given, trains=False, fetch=False), trains=True)
    assert [line.split() for line in text.splitlines()[1:]] == [
        ["model.dtype", "bfloat16"],
        ["model.max_tokens", "4096"],
        ["generator.kv_cache_mib", "770"],
        ["generator.episodes_in_flight", "32"],
        ["training.threads", "2"],
    ]
    assert "51.2 M parameters, bfloat16" in text and "2 cores, 24.0 GiB" in text
    full = [f"generator.{name}=1" for name in ("threads", "episodes_in_flight")]
    full += ["generator.kv_cache_mib=128", "model.max_tokens=512", "model.dtype=float32"]
    said = load_config(None, [f"model.generator={model}", *full])
    assert choices_text(said, said, trains=False) == ""
