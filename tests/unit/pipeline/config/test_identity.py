"""What of a config names the data: an added field is silent until somebody sets it."""

from pipeline.config.fields import added
from pipeline.config.schema import Config, RolloutsSection


class RolloutsOfLater(RolloutsSection):
    min_tokens: int = added(0, ge=0)


class ConfigOfLater(Config):
    rollouts: RolloutsOfLater = RolloutsOfLater()


def test_an_added_field_leaves_identities_as_they_were_while_it_has_its_default() -> None:
    assert ConfigOfLater().identity("rollouts", "eval") == Config().identity("rollouts", "eval")
    assert ConfigOfLater().identity("rollouts.min_tokens") == {}


def test_an_added_field_counts_once_it_is_set() -> None:
    later = ConfigOfLater.model_validate({"rollouts": {"min_tokens": 5}})
    assert later.identity("rollouts") == Config().identity("rollouts") | {"rollouts.min_tokens": 5}


def test_an_operational_field_never_counts() -> None:
    moved = Config.model_validate({"run": {"root": "elsewhere"}, "generator": {"replicas": 7}})
    assert moved.identity("run", "generator") == Config().identity("run", "generator")
