"""Every phase finds its places before any starts, or is refused by name; generators make room if they must."""

import pytest

from pipeline.cluster.connect import _start
from pipeline.config.load import load_config
from pipeline.placement.nodes import Node, ResourceError, share_of_worker
from pipeline.placement.resources import ResourcePlan, describe_placement, plan_resources

LAPTOP = [Node(name="laptop", cpus=2.0, sandbox=2.0)]
FOUR = ["generator.replicas=4", "generator.gpus=0.7", "verifier.replicas=4", "verifier.gpus=0.3", "training.workers=4"]


def node(gpus: int, cpus: float = 16.0, name: str = "n1", sandbox: float = 2.0) -> Node:
    return Node(name=name, cpus=cpus, accelerators=(1.0,) * gpus, sandbox=sandbox)


def plan(nodes: list[Node], *settings: str) -> ResourcePlan:
    return plan_resources(load_config(overrides=list(settings)), nodes)


def test_the_embedded_default_fits_two_cores_side_by_side() -> None:
    found = plan(LAPTOP)
    assert found.generators_exit_for == frozenset()
    assert found.scorers_exit_for == {"training"}
    assert found.scoring is found.sampling
    assert sum(slot.cpus for slot in found.sampling) == 1.5


def test_training_workers_that_wait_send_nobody_away_but_a_training_needs_room_still() -> None:
    config = load_config()
    found = plan_resources(config, LAPTOP, trainers_wait=True)
    assert found.generators_exit_for == found.scorers_exit_for == frozenset()
    assert found.sampling == plan(LAPTOP).sampling
    with pytest.raises(ResourceError, match="phase training: training worker 3"):
        plan_resources(load_config(overrides=["training.workers=3"]), LAPTOP, trainers_wait=True)


def test_a_generator_that_fills_the_machine_makes_room_for_every_other_phase() -> None:
    found = plan(LAPTOP, "generator.cpus=2", "eval.selectors=['pt']")
    assert found.generators_exit_for == {"data", "training"}
    assert [(slot.generators, slot.scorers) for slot in found.scoring] == [((), (0,))]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "generator.replicas=4",
            r"phase sampling: generator 3 needs 1 CPU .* \(laptop: 0 of 2 CPU, no GPU\)\. Lower gen",
        ),
        ("generator.cpus=2", r"phase search: verifier 1 needs 0\.5 CPU on one node, .* generator\.gpus"),
        ("training.workers=3", r"phase training: training worker 3 needs 1 CPU .*Lower training\.workers"),
        (
            "executor.boxes=8",
            r"executors need 8 sandbox on one node each, 1 times, .* 0 \(laptop has 2\); lower executor",
        ),
        ("training.gpus=1", r"training worker 1 needs 1 CPU and 1 GPU on one node"),
        ("generator.gpus=1.5", r"generator\.gpus: one actor would take 1\.5 accelerators"),
    ],
)
def test_what_cannot_fit_is_refused_by_name(setting: str, message: str) -> None:
    with pytest.raises(ResourceError, match=message):
        plan(LAPTOP, setting)


def test_a_verifier_shares_the_accelerator_of_a_generator_and_no_two_generators_share_one() -> None:
    found = plan([node(4)], *FOUR)
    assert [(slot.generators, slot.scorers, round(slot.gpus, 6)) for slot in found.sampling] == [
        ((number,), (number,), 1.0) for number in range(4)
    ]
    assert found.scoring is found.sampling
    assert found.generators_exit_for == found.scorers_exit_for == {"training"}
    assert describe_placement(found) == "devices: 4 × [generator 0.7, verifier 0.3]"


def test_room_on_several_accelerators_together_is_no_room() -> None:
    """In total 4 × 0.6 + 2 × 0.5 = 3.4 of 4 GPUs, but no accelerator has 0.5 left."""
    settings = ["generator.replicas=4", "generator.gpus=0.6", "verifier.replicas=2", "verifier.gpus=0.5"]
    with pytest.raises(ResourceError, match=r"phase search: verifier 1 needs .* GPU 0\.4 0\.4 0\.4 0\.4"):
        plan([node(4)], *settings)
    apart = plan([node(4)], *settings, "eval.selectors=['pt']")
    assert [len(slot.scorers) for slot in apart.sampling] == [0] * 4
    assert [len(slot.scorers) for slot in apart.scoring] == [1, 1]


def test_a_tensor_parallel_generator_lies_on_one_node() -> None:
    settings = ["generator.tensor_parallel=4", "eval.selectors=['pt']", "verifier.gpus=0"]
    with pytest.raises(
        ResourceError, match=r"generator 1 needs 1 CPU and 4 GPU on one node, .*n1 and n2: 16 of 16 CPU"
    ):
        plan([node(2), node(2, name="n2")], *settings)
    (slot,) = (slot for slot in plan([node(2), node(4, name="n2")], *settings).sampling if slot.generators)
    assert (slot.node.name, slot.gpus) == ("n2", 4)
    with pytest.raises(ResourceError, match=r"gives out several accelerators only whole; set generator\.gpus = 1"):
        plan([node(4)], *settings, "generator.gpus=0.7")


def test_cpus_are_counted_on_each_node() -> None:
    """Eight CPUs together, and no node that has three left for the second generator."""
    nodes = [node(0, cpus=4.0), node(0, cpus=4.0, name="n2")]
    assert {slot.node.name for slot in plan(nodes, "generator.replicas=2", "generator.cpus=3").sampling} == {"n1", "n2"}
    with pytest.raises(ResourceError, match="generator 3 needs 3 CPU"):
        plan(nodes, "generator.replicas=3", "generator.cpus=3")


def test_executors_need_their_boxes_on_one_node() -> None:
    nodes = [node(0, sandbox=6.0), node(0, sandbox=6.0, name="n2")]
    plan(nodes, "executor.replicas=2", "executor.boxes=6")
    with pytest.raises(ResourceError, match=r"need 4 sandbox on one node each, 3 times, and there is room for 2"):
        plan(nodes, "executor.replicas=3", "executor.boxes=4")


def test_training_stays_beside_what_leaves_it_whole_accelerators() -> None:
    settings = ["generator.replicas=2", "generator.tensor_parallel=2", "training.workers=4"]
    assert plan([node(4)], *settings).generators_exit_for == {"training"}
    assert plan([node(8)], *settings).generators_exit_for == frozenset()
    (equal,) = {node(4)}  # nodes that could be there
    assert plan([equal, equal], *settings).generators_exit_for == frozenset()
    assert plan([equal, equal], *settings, "generator.replicas=4").generators_exit_for == {"training"}
    half = ["generator.gpus=0.5", "training.gpus=0.5"]
    assert plan([node(1)], *half).generators_exit_for == frozenset()
    with pytest.raises(ResourceError, match=r"training\.gpus = 0\.5 with training\.workers = 2: .* NCCL"):
        plan([node(4)], *half, "training.workers=2")


def test_a_training_in_this_process_has_the_accelerators_to_itself() -> None:
    assert plan([node(4)], "training.workers=0").generators_exit_for == {"training"}


# ---- a study's workers ----------------------------------------------------------------------------------------------


def test_workers_divide_whole_accelerators_in_the_order_of_the_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "somewhere")
    nodes = [node(4), node(4, name="n2"), node(0, name="boxes", sandbox=12.0)]
    one, two = (share_of_worker(nodes, 2, worker) for worker in range(2))
    assert [share.accelerators for share in one] == [(1.0,) * 4, (), ()]
    assert [share.accelerators for share in two] == [(), (1.0,) * 4, ()]
    assert [share.cpus for share in one] == [16, 0, 8]
    assert [share.sandbox for share in one] == [2, 2, 4]
    assert [share.sandbox for share in two] == [0, 0, 8]
    plan(one, "generator.tensor_parallel=4", "eval.selectors=['pt']", "executor.boxes=4")


def test_more_workers_than_accelerators_have_parts_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "somewhere")
    shares = [share_of_worker([node(2, sandbox=3.0)], 3, worker)[0] for worker in range(3)]
    assert [share.accelerators for share in shares] == [(0.5,), (0.5,), (0.5,)]
    plan(shares[:1], "generator.gpus=0.5", "training.gpus=0.5", "executor.boxes=1")
    with pytest.raises(ResourceError, match=r"generator 1 needs 1 CPU and 1 GPU on one node, .* CPU, GPU 0\.5\)"):
        plan(shares[:1], "training.gpus=0.5", "executor.boxes=1")


def test_workers_on_one_machine_do_not_share_its_accelerators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ResourceError, match="lanes = 2 would each use all 4 accelerators"):
        share_of_worker([node(4)], 2, 0)
    assert share_of_worker(LAPTOP, 2, 1) == LAPTOP


# ---- Ray's start ----------------------------------------------------------------------------------------------------


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
