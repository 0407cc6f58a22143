"""Every phase fits before any starts, or is refused by name; generators make room if they must."""

import pytest

from pipeline.cluster.connect import _start
from pipeline.cluster.resources import ResourceError, plan_resources
from pipeline.config.load import load_config

LAPTOP = {"CPU": 2.0, "sandbox": 2.0}


def test_the_embedded_default_fits_two_cores_side_by_side() -> None:
    plan = plan_resources(load_config(), LAPTOP)
    assert plan.generators_exit_for == frozenset()
    assert plan.phases["search"] == {"CPU": 1.5, "GPU": 0.0, "sandbox": 2.0}


def test_a_generator_that_fills_the_machine_makes_room_for_every_other_phase() -> None:
    config = load_config(overrides=["generator.cpus=2", "eval.selectors=['pt']"])
    assert plan_resources(config, LAPTOP).generators_exit_for == {"data", "scoring", "training"}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("generator.replicas=4", r"phase sampling needs 4 CPU \(the cluster has 2\)"),
        ("generator.cpus=2", r"phase search needs 2\.5 CPU"),
        ("training.workers=3", r"phase training needs 3 CPU"),
        ("executor.boxes=8", r"phase sampling needs 8 sandbox \(the cluster has 2\)"),
        ("training.gpus=1", r"phase training needs 1 GPU \(the cluster has 0\)"),
    ],
)
def test_what_cannot_fit_is_refused_by_name(setting: str, message: str) -> None:
    with pytest.raises(ResourceError, match=message):
        plan_resources(load_config(overrides=[setting]), LAPTOP)


def test_accelerators_are_taken_one_per_rank_and_shared_where_both_fit() -> None:
    config = load_config(overrides=["generator.replicas=2", "generator.tensor_parallel=2", "training.workers=4"])
    plan = plan_resources(config, {"CPU": 16.0, "GPU": 4.0, "sandbox": 2.0})
    assert plan.phases["sampling"]["GPU"] == plan.phases["training"]["GPU"] == 4
    assert plan.generators_exit_for == {"training"}
    assert plan_resources(config, {"CPU": 16.0, "GPU": 8.0, "sandbox": 2.0}).generators_exit_for == frozenset()


class BusyRay:
    """Comes up at the `comes_up`-th attempt."""

    def __init__(self, comes_up: int) -> None:
        self.attempts, self.comes_up = 0, comes_up

    def init(self, **_: object) -> str:
        self.attempts += 1
        if self.attempts < self.comes_up:
            raise Exception("The current node timed out during startup. This could happen because …")
        return "context"

    def shutdown(self) -> None: ...


def test_a_busy_machine_gets_more_time_to_start_ray(capsys: pytest.CaptureFixture[str]) -> None:
    ray = BusyRay(comes_up=3)
    assert (_start(ray, 2), ray.attempts) == ("context", 3)
    assert capsys.readouterr().out.count("Ray did not come up in time") == 2
    with pytest.raises(ResourceError, match=r"Ray could not start here: .* 3 times\. .* a load of \d+; wait"):
        _start(BusyRay(comes_up=4), 2)
