"""The rule: facts of a model × facts of a machine → what is chosen."""

from dataclasses import replace

import pytest

from actors.machine.capacity import Machine
from pipeline.config.load import EMBEDDED, load_config
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.sizing.choices import (
    Sizes,
    check_memory,
    choose_data,
    choose_sizes,
    scorer_threads,
    trainers_can_wait,
    training_threads,
)
from pipeline.sizing.model_facts import ModelFacts, find_model_facts

GIB = 1 << 30
SMOLLM2 = ModelFacts(parameters=134_515_008, cached_numbers=11_520, positions=8192, dtype="bfloat16")
QWEN = ModelFacts(parameters=494_032_768, cached_numbers=6_144, positions=32768, dtype="bfloat16")
LLAMA_8B = ModelFacts(parameters=8_030_261_248, cached_numbers=65_536, positions=131072, dtype="bfloat16")
FLOAT32 = replace(SMOLLM2, dtype="float32", positions=2048)
TINY = replace(FLOAT32, parameters=10_000_000)
UNSAID = ModelFacts(parameters=None, cached_numbers=None, positions=None, dtype=None)
LAPTOP = Machine(cores=2, memory=24 * GIB, bfloat16=True)
OLD_LAPTOP = Machine(cores=4, memory=8 * GIB, bfloat16=False)
GPU_NODE = Machine(cores=96, memory=960 * GIB, bfloat16=True, accelerators=True)
"""Four devices of 80 GiB; how they are divided is the resource plan's."""


@pytest.fixture(autouse=True)
def no_threads_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def settled(model: ModelFacts, machine: Machine, *overrides: str) -> Config:
    config = load_config(None, overrides)
    chosen = choose_data(config, [model], machine)
    return config.model_copy(update={"model": config.model.model_copy(update=chosen)})


@pytest.mark.parametrize(
    ("model", "machine", "overrides", "dtype", "context"),
    [
        (SMOLLM2, LAPTOP, (), "bfloat16", 4096),
        (QWEN, LAPTOP, (), "bfloat16", 4096),
        (QWEN, OLD_LAPTOP, (), "float32", 4096),
        (LLAMA_8B, replace(GPU_NODE, bfloat16=False), (), "bfloat16", 4096),  # it is not the CPU that computes
        (LLAMA_8B, replace(GPU_NODE, bfloat16=False), ("generator.gpus=0",), "float32", 4096),
        (replace(QWEN, dtype="float16"), LAPTOP, (), "bfloat16", 4096),
        (FLOAT32, LAPTOP, (), "float32", 2048),
        (UNSAID, LAPTOP, (), "float32", 4096),
        (QWEN, LAPTOP, ("rollouts.max_tokens=2000",), "bfloat16", 7168),  # three turns of 2350, in blocks of 128
        (QWEN, LAPTOP, ("rollouts.max_tokens=2000", "eval.turns=1", "rollouts.turns=1"), "bfloat16", 4096),
        (SMOLLM2, LAPTOP, ("rollouts.max_tokens=6000",), "bfloat16", 8192),
        (QWEN, LAPTOP, ("model.dtype=float32", "model.max_tokens=512"), "float32", 512),
        (QWEN, LAPTOP, ("protocol.name=release",), "bfloat16", 8192),
    ],
)
def test_what_changes_data(
    model: ModelFacts, machine: Machine, overrides: tuple[str, ...], dtype: str, context: int
) -> None:
    config = settled(model, machine, *overrides)
    assert (config.weights_dtype, config.context_tokens) == (dtype, context)


def test_the_context_is_one_that_verifier_and_generator_have() -> None:
    assert choose_data(load_config(None), [QWEN, FLOAT32], LAPTOP) == {"dtype": "bfloat16", "max_tokens": 2048}


@pytest.mark.parametrize(
    ("model", "machine", "overrides", "sizes"),
    [
        # 33 blocks' worth of 4096 tokens take 93 and 50 MiB; 32 episodes at half of that 1445 and 770
        (SMOLLM2, LAPTOP, (), (2, 32, 1443)),
        (QWEN, LAPTOP, (), (2, 32, 770)),
        (QWEN, replace(LAPTOP, cores=1, memory=2 * GIB), (), (1, 32, 256)),
        (QWEN, OLD_LAPTOP, ("generator.replicas=2",), (2, 32, 512)),
        (SMOLLM2, LAPTOP, ("generator.threads=1", "generator.episodes_in_flight=8"), (1, 8, 363)),
        (SMOLLM2, LAPTOP, ("generator.kv_cache_mib=93",), (2, 32, 93)),
        (
            SMOLLM2,
            replace(LAPTOP, memory=GIB // 2),
            ("model.max_tokens=8192",),
            (2, 32, 183),
        ),  # one sequence in any case
        (LLAMA_8B, GPU_NODE, ("generator.gpus=0.7", "generator.replicas=4"), (24, 96, 24592)),  # threads, cache: unused
        (UNSAID, LAPTOP, (), (2, 32, 3072)),
    ],
)
def test_what_changes_no_data(
    model: ModelFacts, machine: Machine, overrides: tuple[str, ...], sizes: tuple[int, int, int]
) -> None:
    found = choose_sizes(settled(model, machine, *overrides), model, machine)
    assert (found.generator_threads, found.episodes_in_flight, found.kv_cache_mib) == sizes


@pytest.mark.parametrize("machine", [LAPTOP, OLD_LAPTOP, GPU_NODE], ids=str)
def test_the_built_in_model_has_what_it_always_had(machine: Machine) -> None:
    config, tiny = load_config(EMBEDDED), find_model_facts("builtin:generator")
    assert tiny == ModelFacts(parameters=194_880, cached_numbers=384, positions=512, dtype="float32")
    assert choose_data(config, [tiny], machine) == {}
    assert choose_sizes(config, tiny, machine) == Sizes(
        generator_threads=1, episodes_in_flight=96, kv_cache_mib=128, trains_alone=False
    )
    assert (scorer_threads(config, tiny, machine), training_threads(config, tiny, machine)) == (1, 1)


def test_a_cache_that_nobody_reads_is_not_checked() -> None:
    """Earlier versions stored 128 MiB in every run directory, also in those on accelerators."""
    config = settled(LLAMA_8B, GPU_NODE, "generator.kv_cache_mib=128")
    assert choose_sizes(config, LLAMA_8B, GPU_NODE).kv_cache_mib == 128


def test_lanes_of_a_study_share_the_memory() -> None:
    config = settled(SMOLLM2, OLD_LAPTOP)
    assert [choose_sizes(config, SMOLLM2, OLD_LAPTOP, lanes=lanes).kv_cache_mib for lanes in (1, 4)] == [1024, 256]


def test_cores_are_divided_by_those_who_use_them_together() -> None:
    machine, config = replace(LAPTOP, cores=16), load_config(None, ["verifier.replicas=3", "training.workers=8"])
    assert (scorer_threads(config, QWEN, machine), training_threads(config, QWEN, machine)) == (5, 2)
    assert (scorer_threads(config, QWEN, machine, lanes=2), training_threads(config, QWEN, machine, lanes=16)) == (2, 1)
    assert training_threads(load_config(None, ["training.cpus=6"]), QWEN, LAPTOP) == 6  # reserved, so used


def test_the_user_s_own_number_of_threads_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert training_threads(load_config(None), QWEN, LAPTOP) == 7
    assert training_threads(load_config(None, ["training.threads=3"]), QWEN, LAPTOP) == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "0")
    assert training_threads(load_config(None), QWEN, LAPTOP) >= 1


def test_a_cache_that_holds_no_sequence_is_refused_with_the_least_that_does() -> None:
    config = settled(SMOLLM2, LAPTOP, "generator.kv_cache_mib=64")
    with pytest.raises(ConfigError, match=r"^generator\.kv_cache_mib = 64 holds no sequence .* set at least 93, or"):
        choose_sizes(config, SMOLLM2, LAPTOP)


def test_what_does_not_fit_is_refused_by_phase() -> None:
    small = replace(LAPTOP, memory=2 * GIB)
    config = settled(QWEN, small)
    sizes = choose_sizes(config, QWEN, small)
    assert sizes.trains_alone and not choose_sizes(config, QWEN, LAPTOP).trains_alone
    with pytest.raises(ConfigError, match=r"^sampling with .* needs at least 2\.2 GiB, and 2\.0 GiB may be used here"):
        check_memory(config, QWEN, small, sizes, trains=False)
    enough = replace(small, memory=4 * GIB)
    check_memory(config, QWEN, enough, sizes, trains=False)
    with pytest.raises(ConfigError, match=r"^training with .* \(494 M parameters .* needs at least 7\.9 GiB, and 4\.0"):
        check_memory(config, QWEN, enough, sizes, trains=True)
    check_memory(settled(LLAMA_8B, GPU_NODE), LLAMA_8B, replace(GPU_NODE, memory=GIB), sizes, trains=True)


def test_a_frozen_backbone_needs_no_optimiser() -> None:
    """7.9 GiB for a whole training; the weights alone if nothing but a head is trained."""
    machine = replace(LAPTOP, memory=4 * GIB)
    freeze = ("verifier.freeze=true", "run.iterations=0")
    config = settled(QWEN, machine, *freeze)
    sizes = choose_sizes(config, QWEN, machine)
    check_memory(config, QWEN, machine, sizes, trains=True)
    assert not sizes.trains_alone
    for one in freeze:  # the generator is trained, or the whole verifier
        with pytest.raises(ConfigError, match=r"^training with .* needs at least 7\.9 GiB"):
            check_memory(
                settled(QWEN, machine, one, "run.iterations=1" if one == freeze[0] else one),
                QWEN,
                machine,
                sizes,
                trains=True,
            )


@pytest.mark.parametrize(
    ("model", "machine", "overrides", "lanes", "waits"),
    [
        (TINY, LAPTOP, (), 1, True),  # 4.0 GiB of sampling, 0.5 of scoring, 0.7 of a training, 0.9 that trainings leave
        (TINY, LAPTOP, (), 10, False),
        (TINY, replace(LAPTOP, memory=2 * GIB), (), 1, False),
        (TINY, LAPTOP, ("training.workers=64",), 1, False),
        (TINY, LAPTOP, ("training.workers=0",), 1, False),  # this process trains
        (TINY, LAPTOP, ("training.keep_workers=false",), 1, False),
        (TINY, replace(LAPTOP, accelerators=True), (), 1, False),
        (SMOLLM2, LAPTOP, (), 1, False),
        (UNSAID, LAPTOP, (), 1, False),
    ],
)
def test_training_workers_wait_where_memory_holds_all_together(
    model: ModelFacts, machine: Machine, overrides: tuple[str, ...], lanes: int, waits: bool
) -> None:
    assert trainers_can_wait(settled(model, machine, *overrides), model, machine, lanes) is waits
