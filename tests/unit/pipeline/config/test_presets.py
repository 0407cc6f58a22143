"""Presets fill in what a config leaves out, and every field can be set over them."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.load import EMBEDDED, load_config
from pipeline.config.presets import PROTOCOLS
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.state.problems import ProblemSplits

SETTINGS = {name: protocol.settings for name, protocol in PROTOCOLS.items()}
DIFFERENCES = {
    # method: the paper's value, the release's
    "dialogue.style": ("paper", "release"),
    "protocol.train_tests": ("split", "all_public"),
    "protocol.stop": ("public", "all"),
    "protocol.oracle_weight": (1.0, 100.0),
    "protocol.verifier_weight": (0.1, 1.0),
    "protocol.candidates": ("all", "final"),
    "protocol.positives": ("relabelled", "own"),
    "protocol.old_labels": ("renewed", "kept"),
    "protocol.own_target": ("own_next", "own_final"),
    "protocol.returned": ("best_on_validation", "last"),
    "fine_tune.trajectories_per_problem": ("all", 3),
    "fine_tune.batch_examples": (32, 16),
    "model.max_tokens": (4096, 8192),
    "verifier.reward_l2": (0.0, 1e-3),
    "verifier.pairs_per": ("problem", "iteration"),
    "verifier.pairs_replaced": (False, True),
    "verifier.max_grad_norm": (1.0, 0.0),
}


def value(config: Config, key: str) -> Any:
    section, name = key.split(".")
    return getattr(getattr(config, section), name)


@pytest.mark.parametrize("key", DIFFERENCES)
def test_paper_and_release_differ_as_published(key: str) -> None:
    found = tuple(value(load_config(None, [f"protocol.name={name}"]), key) for name in ("paper", "release"))
    assert found == DIFFERENCES[key]


def test_the_presets_name_the_same_settings_and_every_one_can_be_set_over_them() -> None:
    keys = {name: {f"{s}.{k}" for s, values in preset.items() for k in values} for name, preset in SETTINGS.items()}
    assert keys["paper"] == keys["release"] > set(DIFFERENCES)
    for key in keys["paper"]:
        section, field = key.split(".")
        other = SETTINGS["release"][section][field]
        config = load_config(None, ["protocol.name=paper", f"{key}={str(other).lower()}"])
        assert value(config, key) == other
        assert all(
            value(config, one) == SETTINGS["paper"][s][n] for one in keys["paper"] - {key} for s, n in [one.split(".")]
        )


def test_a_file_wins_over_its_preset(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[protocol]\nname = "release"\nstop = "public"\n[fine_tune]\nbatch_examples = 7\n')
    config = load_config(file)
    assert (config.protocol.stop, config.fine_tune.batch_examples) == ("public", 7)
    assert (config.protocol.positives, config.model.max_tokens) == ("own", 8192)


def test_the_default_is_what_configs_meant_before_there_were_protocols() -> None:
    """Correct first; all answers compete; unsolved problems dropped; everything relabelled again; the last one wins."""
    for config in (load_config(EMBEDDED), load_config(None)):
        protocol = config.protocol.model_dump(exclude={"oracle_weight", "verifier_weight"})
        assert protocol == {
            "name": "default",
            "train_tests": "split",
            "stop": "public",
            "candidates": "all",
            "ranking": "correct_first",
            "unsolved": "drop",
            "positives": "relabelled",
            "own_target": "own_final",
            "old_labels": "renewed",
            "returned": "last",
        }
        assert config.protocol.oracle_weight > 0 and config.protocol.verifier_weight > 0
        assert (config.fine_tune.trajectories_per_problem, config.verifier.reward_l2) == (3, 1e-3)
        assert config.dialogue.feedback == "values" and config.dialogue.show_tests
    embedded = load_config(EMBEDDED)
    assert (embedded.dialogue.style, embedded.model.max_tokens, embedded.fine_tune.batch_examples) == ("bare", 512, 64)


def test_the_name_is_not_identity_but_what_it_stands_for_is() -> None:
    spelled = [f"{s}.{k}={str(v).lower()}" for s, values in SETTINGS["paper"].items() for k, v in values.items()]
    named, by_hand = load_config(None, ["protocol.name=paper"]), load_config(None, spelled)
    assert named.identity(*Config.model_fields) == by_hand.identity(*Config.model_fields)
    assert named.identity("protocol") != load_config(None).identity("protocol")


def test_a_stored_config_is_read_back_as_it_was() -> None:
    config = load_config(None, ["protocol.name=release", "protocol.stop=public"])
    assert Config.model_validate(config.model_dump(mode="json")) == config


def test_an_unknown_protocol_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"protocol\.name = 'papre': expected one of default, paper, release"):
        load_config(None, ["protocol.name=papre"])


def test_all_public_is_for_training_problems_alone() -> None:
    config = load_config(None, ["protocol.train_tests=all_public", "problems.limit_train=2", "problems.limit_test=2"])
    split = load_config(None, ["problems.limit_train=2"])
    splits = ProblemSplits()
    for opened, usual in zip(splits.problems(config, "train"), splits.problems(split, "train"), strict=True):
        assert opened.public_tests == (*usual.public_tests, *usual.private_tests)
        assert opened.private_tests == ()
    assert all(problem.private_tests for problem in splits.problems(config, "test"))


@pytest.mark.parametrize("name", ["llama-3.2-1b", "llama-3.1-8b", "qwen2.5-1.5b"])
@pytest.mark.parametrize("protocol", ["paper", "release"])
def test_the_models_configs_leave_to_the_protocol_what_it_says(name: str, protocol: str) -> None:
    config = load_config(f"configs/{name}.toml", [f"protocol.name={protocol}"])
    for section, settings in SETTINGS[protocol].items():
        for key, value in settings.items():
            assert getattr(getattr(config, section), key) == value, f"{section}.{key}"
