"""The matrix: what is killed, in which stage, at which moment, and what a person then reads."""

from dataclasses import dataclass
from typing import Literal

from tests.kills.moments import Moment

Victim = Literal[
    "driver",
    "SIGTERM",
    "generator",
    "stopped generator",
    "engine",
    "executor",
    "box",
    "training worker",
    "data worker",
    "scorer",
    "raylet",
    "GCS",
    "node",
    "disk full",
    "read-only",
    "Docker engine",
]
KILLED = -9


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`stage`: as in "0/episodes", iteration and name. `status`: the exit status of the command that was disturbed; 0
    if it survives. `says`: a pattern in what it prints after the kill; "" if it need not say anything. `settings`:
    others than those of the undisturbed run."""

    victim: Victim
    stage: str
    moment: Moment
    status: int = 0
    says: str = ""
    settings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        others = "".join(f", {setting}" for setting in self.settings)
        return f"{self.victim}, {self.stage}, {self.moment}{others}".replace(" ", "_").replace('"', "")

    @property
    def iteration(self) -> int:
        return int(self.stage.partition("/")[0])


RESUMES = "mucode: interrupted; what was committed is kept: `mucode resume DIR` continues"
FAILED = r"failed: .*(.|\n)*what was committed is kept; once the cause is mended, `mucode resume .*` continues"
RAY_ENDED = r"mucode: Ray's own process {} ended \(status -9\)(.|\n)*the same command continues"
SAMPLED, MAPPED, TRAINED, SCORED = "0/episodes", "0/pairs", "0/verifier", "0/scores"


def driver(stage: str, *moments: Moment) -> list[Row]:
    return [Row(victim="driver", stage=stage, moment=moment, status=KILLED) for moment in moments]


def survived(victim: Victim, stage: str, says: str, *moments: Moment, settings: tuple[str, ...] = ()) -> list[Row]:
    """The command itself finds a way."""
    return [Row(victim=victim, stage=stage, moment=moment, says=says, settings=settings) for moment in moments]


def ended(victim: Victim, stage: str, says: str, *moments: Moment, status: int = 1) -> list[Row]:
    """The command ends, and is given again."""
    return [Row(victim=victim, stage=stage, moment=moment, says=says, status=status) for moment in moments]


ASYNC = ('generator.engine="async"',)
ANOTHER = r"generator 0 .*another one is started"
ROWS = [
    *driver(SAMPLED, "start", "middle", "commit", "between"),
    *driver(MAPPED, "start", "middle", "commit", "between"),
    *driver(TRAINED, "start", "middle", "commit", "between"),
    *driver(SCORED, "start", "middle", "commit", "between"),
    *driver("1/examples", "middle", "between"),
    *driver("1/policy", "start", "middle", "commit", "between"),
    *driver("1/search_sweep", "middle", "commit"),
    *driver("1/metrics", "start", "commit", "between"),
    *ended("SIGTERM", SAMPLED, RESUMES, "start", "middle", status=130),
    *ended("SIGTERM", MAPPED, RESUMES, "middle", status=130),
    *ended("SIGTERM", TRAINED, RESUMES, "middle", status=130),
    *survived("generator", SAMPLED, ANOTHER, "start", "middle"),
    *survived("generator", "1/search_sweep", ANOTHER, "middle"),
    *survived("stopped generator", SAMPLED, "", "middle"),
    *survived("stopped generator", SAMPLED, ANOTHER, "start", settings=("generator.stall_s=10",)),
    *survived("engine", SAMPLED, ANOTHER, "middle", settings=ASYNC),
    *survived("executor", SAMPLED, "executor 0 died; Ray has started another one", "middle"),
    *survived("box", SAMPLED, "", "middle"),
    *survived("training worker", TRAINED, "the training workers that stayed are lost", "middle"),
    *survived("training worker", "1/policy", "the training workers that stayed are lost", "start", "middle"),
    *survived("training worker", TRAINED, "", "middle", settings=("training.keep_workers=false",)),
    *survived("data worker", MAPPED, "", "middle"),
    *survived("data worker", SCORED, "", "middle"),
    *survived("scorer", SCORED, "", "start", "middle"),
    *survived("scorer", "1/search_sweep", "", "middle"),
    *ended("raylet", SAMPLED, RAY_ENDED.format("raylet"), "middle"),
    *ended("raylet", TRAINED, RAY_ENDED.format("raylet"), "middle"),
    *ended("GCS", SAMPLED, RAY_ENDED.format("GCS"), "middle"),
    *survived("node", SAMPLED, "generator 0 went with its node; another one is started", "middle"),
    *ended("disk full", SAMPLED, FAILED, "middle"),
    *ended("disk full", MAPPED, FAILED, "start"),
    *ended("disk full", TRAINED, FAILED, "middle"),
    *ended("read-only", SAMPLED, FAILED, "middle"),
    *ended("read-only", TRAINED, FAILED, "middle"),
    *ended("Docker engine", SAMPLED, FAILED, "middle"),
]
