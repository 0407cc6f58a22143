"""Accelerators that a run could have, in a few words: "4x8xH100" are four nodes with eight each."""

import re
from dataclasses import dataclass

from pipeline.errors import ConfigError
from pipeline.placement.nodes import Node

CLUSTER = re.compile(r"(?:(?P<nodes>\d{1,5})x)?(?P<each>\d{1,2})x(?P<name>[A-Za-z][A-Za-z0-9]*)")
PLENTY = 1e6
"""CPU cores and boxes of a node that is described: what is asked for is accelerators."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """From the makers' data sheets. `teraflops`: dense bfloat16, without sparsity."""

    memory_gib: float
    teraflops: float


ACCELERATORS = {
    "A10": Accelerator(24, 125),
    "L4": Accelerator(24, 121),
    "L40S": Accelerator(48, 362),
    "A100": Accelerator(80, 312),
    "H100": Accelerator(80, 989),
    "H200": Accelerator(141, 989),
    "B200": Accelerator(180, 2250),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedCluster:
    """`nodes` alike, `each` with so many accelerators of a `name` in ACCELERATORS."""

    nodes: int
    each: int
    name: str

    @property
    def accelerators(self) -> int:
        return self.nodes * self.each

    @property
    def device(self) -> Accelerator:
        return ACCELERATORS[self.name]

    def as_nodes(self) -> list[Node]:
        """What a plan is made for."""
        return [
            Node(
                name=f"node {number}",
                cpus=PLENTY,
                accelerators=(1.0,) * self.each,
                sandbox=PLENTY,
                accelerator_gib=self.device.memory_gib,
            )
            for number in range(1, self.nodes + 1)
        ]

    def __str__(self) -> str:
        return f"{self.nodes} × {self.each} {self.name}" if self.nodes > 1 else f"{self.each} {self.name}"


def parse_cluster(text: str) -> DescribedCluster:
    """ "4x8xH100", or "8xH100" for one node. Raises ConfigError."""
    found = CLUSTER.fullmatch(text)
    name = next((one for one in ACCELERATORS if found and one.lower() == found["name"].lower()), None)
    if found is None or name is None or not int(found["nodes"] or 1) or not int(found["each"]):
        raise ConfigError(
            f"--on {text!r:.60}: expected NODESxACCELERATORSxNAME, as in 4x8xH100, with a name of "
            f"{', '.join(ACCELERATORS)}"
        )
    return DescribedCluster(nodes=int(found["nodes"] or 1), each=int(found["each"]), name=name)
