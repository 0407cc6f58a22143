import re
from pathlib import Path

import pytest

from pipeline.config.load import EMBEDDED, load_config
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs

CONFIGS = Path(__file__).parents[4] / "configs"
MODELS = ("llama-3.1-8b", "llama-3.2-1b", "qwen2.5-1.5b")
SHIPPED = [EMBEDDED, *(path for path in sorted(CONFIGS.glob("*.toml")) if not path.name.startswith("study"))]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_config_loads(path: Path) -> None:
    load_config(path)


@pytest.mark.parametrize("model", MODELS)
def test_a_cluster_computes_the_same_as_a_node(model: str) -> None:
    """The size behind a model's file changes no identity field."""
    node = load_config(CONFIGS / f"{model}.toml")
    cluster = load_config([CONFIGS / f"{model}.toml", CONFIGS / "cluster-4x8.toml"])
    assert node.identity(*Config.model_fields) == cluster.identity(*Config.model_fields)


def test_later_files_win_key_by_key(tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text("[rollouts]\nsamples = 2\nturns = 5\n")
    two.write_text("[rollouts]\nsamples = 3\n")
    rollouts = load_config([one, two]).rollouts
    assert (rollouts.samples, rollouts.turns) == (3, 5)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("study*.toml")), ids=lambda path: path.name)
def test_every_shipped_study_loads(path: Path) -> None:
    assert study_runs(load_study(path))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("rollout.samples=3", "nearest valid one is 'rollouts'"),
        ("rollouts.sample=3", "nearest valid one is 'rollouts.samples'"),
        (
            "rollouts.samples=many",
            "rollouts.samples = 'many': expected a whole number, as in 15 (from the command line)",
        ),
        ("rollouts.samples=0", "rollouts.samples = 0: expected at least 1"),
        ("generator.threads=1000000000000", "generator.threads = 1000000000000: expected at most 1024"),
        ("training.stall_s=1e12", "training.stall_s = 1000000000000.0: expected at most 100000000.0"),
        ("samples=3", "expected section.key=value"),
        ("protocol.oracle_weight=inf", "protocol.oracle_weight = inf: expected a finite number"),
        ("verifier.learning_rate=nan", "verifier.learning_rate = nan"),
        ("eval.beam=9", "eval.beam = 9 cannot be kept from 5 answers"),
        ("protocol.name=['paper']", "protocol.name = ['paper']: expected text in quotes"),
    ],
)
def test_bad_settings_are_named(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_config(None, [override])


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[rollouts]\nsamples = 2\n[run]\nname = "x"\n')
    config = load_config(file, ["rollouts.samples=7", "problems.train=mbpp", "model.generator='a b'"])
    assert (config.rollouts.samples, config.run.name) == (7, "x")
    assert (config.problems.train, config.model.generator) == ("mbpp", "a b")


def test_identity_leaves_operational_fields_out() -> None:
    config = Config()
    everything = config.identity(*Config.model_fields)
    assert "rollouts.samples" in everything
    assert not {"generator.replicas", "executor.boxes", "training.workers", "run.name", "run.iterations"} & set(
        everything
    )
    assert config.identity("run.seed") == {"run.seed": 0}


def test_the_old_name_of_a_setting_is_read_but_not_beside_the_new_one() -> None:
    assert load_config(None, ["generator.turn_deadline_s=7"]).generator.stall_s == 7
    with pytest.raises(ConfigError, match="both are set; remove turn_deadline_s"):
        load_config(None, ["generator.turn_deadline_s=7", "generator.stall_s=8"])


def test_a_missing_file_lists_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match=r"no config file at nowhere\.toml"):
        load_config("nowhere.toml")
    with pytest.raises(ConfigError, match=r"no config file at .*toml/below"):
        load_config(f"{EMBEDDED}/below")


def test_a_study_is_named_where_a_run_is_wanted_and_a_run_where_a_study_is() -> None:
    with pytest.raises(ConfigError, match=r"study-tiny\.toml is a study, .* `mucode study configs/study-tiny\.toml`"):
        load_config("configs/study-tiny.toml")
    with pytest.raises(ConfigError, match=r"laptop\.toml is the config of a run, .* `mucode run configs/laptop"):
        load_study("configs/laptop.toml")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["fine_tune.lora_alpha=8"], "lora_alpha = 8 without lora_rank"),
        (["verifier.lora_rank=4", "verifier.freeze=true"], "freeze trains the head alone, lora_rank = 4"),
        (["fine_tune.lora_rank=0"], "lora_rank = 0: expected at least 1"),
    ],
)
def test_adapters_are_asked_for_whole(settings: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_config(None, settings)


def test_steps_or_epochs_never_both() -> None:
    assert load_config(None, ["verifier.epochs=2"]).verifier.steps is None
    with pytest.raises(ConfigError, match="both set"):
        load_config(None, ["verifier.epochs=2", "verifier.steps=5"])
