"""What a finished run holds, stage by stage, without what tells how it came to be: equal seeds, equal digests."""

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq

from tests.e2e.small_run import rows

Digests = dict[str, str]
"""By stage, as in "0/episodes"."""


def stage_order(root: Path) -> list[str]:
    """Stages of a run in the order in which they were finished, first ones if some were computed again."""
    lines = [json.loads(line) for line in (root / "events.jsonl").read_text().splitlines()]
    names = [f"{line['iteration']}/{line['stage']}" for line in lines if line["event"] == "stage_finished"]
    return list(dict.fromkeys(names))


def folder_of(root: Path, stage: str) -> Path:
    iteration, _, name = stage.partition("/")
    return root / f"iter_{int(iteration):04d}" / name


def digests(root: Path) -> Digests:
    """Of every finished stage: rows without their timings; of a training its weights and each step's numbers."""
    found = {}
    for manifest in sorted(root.glob("iter_*/*/manifest.json")):
        stage = manifest.parent
        found[f"{int(stage.parent.name.removeprefix('iter_'))}/{stage.name}"] = _digest(stage)
    return found


def _digest(stage: Path) -> str:
    checkpoint = json.loads((stage / "manifest.json").read_text())["checkpoint"]
    content: object = rows(stage)
    if checkpoint:
        steps = pq.read_table(stage / "training_steps.parquet").drop_columns(["seconds"]).to_pylist()
        content = [checkpoint["policy_id"], steps]
    return hashlib.sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()[:16]


def repeated_episodes(root: Path) -> list[str]:
    """Ids that a stage holds more than once; [] in every run that is right."""
    found = []
    for manifest in sorted(root.glob("iter_*/*/manifest.json")):
        stage = manifest.parent
        if stage.name in ("episodes", "held_out") or stage.name.startswith("search_"):
            ids = [(row["episode_id"], row["selector"], row["width"], row["beam"]) for row in rows(stage)]
            found += [f"{stage.name}: {one}" for one in set(ids) if ids.count(one) > 1]
    return found
