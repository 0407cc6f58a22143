"""Workers on nodes of a Ray of its own, one of which is killed in the middle, and another one comes: what is told?

    python -m tests.support.lost_node

Prints what the supervisor told, a line each, then the shards, and what two more losses of each slot would cost.
"""

import threading
import time
from collections.abc import Collection
from typing import Any

import ray
from ray.cluster_utils import Cluster

from actors.supervision.crew import WorkerReport, WorkerStart
from actors.supervision.node_loss import alive_nodes
from actors.supervision.restart_budget import RestartBudget
from actors.supervision.supervisor import Supervisor
from pipeline.errors import what_happened

PLACE, SHARDS = "place", 40


@ray.remote(num_cpus=0, resources={PLACE: 1}, max_concurrency=8)
class Worker:
    """Takes half a second for a shard."""

    def __init__(self) -> None:
        self.steps = 0

    def work(self, shard: int) -> int:
        time.sleep(0.5)
        self.steps += 1
        return shard

    def report(self) -> WorkerReport:
        return WorkerReport(moved=self.steps, finished=self.steps, node_id=ray.get_runtime_context().get_node_id())


class Workers:
    def start(self, slot: int, *, again: bool) -> WorkerStart:
        worker = Worker.remote()
        return WorkerStart(worker=worker, ready=worker.report.remote())

    def has_place(self, slot: int) -> bool:
        return False  # nobody is late while another one works

    def started(self, slot: int, result: WorkerReport) -> None: ...

    def play(self, worker: Any, shard: int) -> Any:
        return worker.work.remote(shard)

    def take_back(self, worker: Any, shard: int) -> None: ...

    def ask(self, workers: Collection[Any]) -> dict[Any, WorkerReport]:
        references = {worker.report.remote(): worker for worker in workers}
        ready, _ = ray.wait(list(references), num_returns=len(references), timeout=1)
        answers = {}
        for reference in ready:
            try:
                answers[references[reference]] = ray.get(reference)
            except ray.exceptions.RayError:
                continue
        return answers

    def text_of(self, error: Exception) -> str:
        return what_happened(error)  # a line, as the driver tells it

    def tell(self, slot: int, text: str) -> None:
        print(text, flush=True)

    def start_error(self, slot: int, reason: str) -> Exception:
        return RuntimeError(reason)

    def tick(self) -> None: ...


def main() -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes = [cluster.add_node(num_cpus=1, resources={PLACE: 1}) for _ in range(2)]
    ray.init(cluster.address, log_to_driver=False)
    before = alive_nodes()

    def lose() -> None:
        time.sleep(4)
        cluster.remove_node(nodes[0], allow_graceful=False)
        cluster.add_node(num_cpus=1, resources={PLACE: 1})

    threading.Thread(target=lose, daemon=True).start()
    budgets = {number: RestartBudget() for number in range(2)}
    supervisor: Supervisor[int] = Supervisor(Workers(), stall_s=60.0, budgets=budgets)
    print(sorted(supervisor.run(range(SHARDS), slots=2)), flush=True)
    while before <= alive_nodes():  # Ray takes its time
        time.sleep(0.5)
    more = [[budget.spend(False, "", alive_nodes()) for _ in range(2)] for budget in budgets.values()]
    print(f"replaced {supervisor.replaced}, two more losses cost {more}", flush=True)
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    main()
