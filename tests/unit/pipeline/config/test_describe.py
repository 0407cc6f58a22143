"""Every setting is explained, and docs/configuration.md says what the schema says."""

from pathlib import Path

import pytest

from pipeline.commands.config import described_settings, find_settings, study_settings
from pipeline.config.describe import all_settings
from pipeline.config.page import configuration_page, explain_setting
from pipeline.config.schema import Config
from pipeline.errors import ConfigError

ROOT = Path(__file__).parents[4]


def test_every_setting_has_one_sentence() -> None:
    settings = all_settings()
    assert len(settings) > 90
    assert [key for key, setting in settings.items() if not setting.description.endswith((".", ")"))] == []
    assert [key for key, setting in settings.items() if len(setting.description) < 20] == []


def test_every_setting_of_a_study_has_one_sentence() -> None:
    settings = [setting for table in study_settings().values() for setting in table]
    assert len(settings) == 39
    assert [one.key for one in settings if not one.description.endswith(".") or len(one.description) < 20] == []


def test_the_page_is_current() -> None:
    """Written anew by `mucode config --markdown`."""
    assert (ROOT / "docs" / "configuration.md").read_text() == configuration_page(
        described_settings(), study_settings()
    )


def test_a_setting_is_explained_with_its_rows_bounds_and_presets() -> None:
    settings = described_settings()
    text = explain_setting(settings["run.strategy"])
    assert "mucode" in text and "every history of a problem" in text and "the data" in text
    assert "it may change" not in explain_setting(settings["protocol.name"])  # it fills in settings that may not
    assert settings["verifier.reward_l2"].presets == {"paper": "0.0", "release": "0.001"}
    assert settings["verifier.margin"].values == "integer at least 1"
    assert settings["generator.gpus"].values == "number at least 0, or unset"
    assert settings["eval.widths"].values == "list of: integer more than 0"
    assert settings["eval.selectors"].values.endswith('"oracle", or package.module:NAME')
    assert "mbpp" in settings["problems.train"].rows
    assert not settings["generator.replicas"].changes_data and settings["rollouts.samples"].changes_data


def test_a_key_is_a_setting_a_section_or_an_error_that_names_the_nearest() -> None:
    settings = described_settings()
    assert [one.key for one in find_settings(settings, "dialogue")] == [
        f"dialogue.{name}"
        for name in Config.model_fields["dialogue"].annotation.model_fields  # type: ignore[union-attr]
    ]
    with pytest.raises(ConfigError, match=r"unknown config key 'rollouts.sample'; the nearest valid one is 'rollouts"):
        find_settings(settings, "rollouts.sample")
