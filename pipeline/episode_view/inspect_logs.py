"""Logs of Inspect: one .eval file per stage, iteration, selector and width, with as many samples as there are episodes.

A log has one model and one accuracy, and a sample is a problem and an epoch; so a search by another selector is another
log, and the episodes of a problem are its epochs. The format is a zip of JSON files, version 2; nothing of Inspect is
imported.
"""

import json
import posixpath
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.ids import stable_id
from actors.search.episode import Episode
from actors.storage.reach import require_writable
from actors.storage.run_storage import RunStorage, open_storage
from pipeline.config.version import distribution_version
from pipeline.episode_view.choice import EpisodeChoice, EpisodeStage
from pipeline.episode_view.facts import episode_facts
from pipeline.episode_view.inspect_sample import SCORER, VERIFIER, Json, clean_text, inspect_sample, inspect_summary
from pipeline.episode_view.places import names_in
from pipeline.episode_view.reading import read_episodes
from pipeline.errors import ConfigError
from pipeline.state.shown_files import stored_settings
from pipeline.state.store import Store

LOG_VERSION = 2
ENDING = ".eval"
UNUSUAL = re.compile(r"[^A-Za-z0-9_.-]|^\.")
Search = tuple[str, int, int]
"""Selector, width and beam: what tells searches of one stage apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLogs:
    """What was written: `samples` over all files, whose names are relative."""

    files: tuple[str, ...]
    samples: int
    size_bytes: int


def open_log_place(out: str) -> RunStorage:
    """The storage at `out`: a new or empty folder or address, or one that holds nothing but logs.

    Raises ConfigError if it holds anything else, StorageError if nothing can be written there.
    """
    storage = open_storage(out)
    names = names_in(storage, "--inspect", out)
    if any(not name.endswith(ENDING) for name in names):
        raise ConfigError(f"--inspect {out} holds other files; name a new or an empty folder, or one of such logs")
    require_writable(out)
    return storage


def write_logs(
    store: Store, choice: EpisodeChoice, place: RunStorage, told: Callable[[int], None] = lambda _: None
) -> WrittenLogs:
    """Write the chosen episodes as logs to `place`, replacing those of the same names; `told` as in `write_view`.

    A stage's logs appear when all of them are whole. Raises DamagedError for rows that are not what was written.
    """
    names: list[str] = []
    samples = size = 0
    for stage in choice.stages:
        with _stage_logs(store, stage) as logs:
            for episode, scores in read_episodes(store, stage):
                log = logs.of(episode)
                log.add(inspect_sample(episode, stage, episode_facts(episode, stage, scores), scores, log.model))
                samples += 1
                if samples % 100 == 0:
                    told(samples)
            for file in logs.close():
                place.upload(file, file.name)
                names.append(file.name)
                size += file.stat().st_size
    return WrittenLogs(files=tuple(names), samples=samples, size_bytes=size)


class _Log:
    """One .eval file while it is written."""

    def __init__(self, file: Path, spec: Json, finished: bool, seconds: float) -> None:
        self.file, self.model = file, str(spec["model"])
        self._spec, self._finished, self._seconds = spec, finished, seconds
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._summaries: list[Json] = []
        self._values: dict[str, list[float]] = {SCORER: [], VERIFIER: []}
        self._usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}

    def add(self, sample: Json) -> None:
        self._write(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", sample)
        self._summaries.append(inspect_summary(sample))
        for name, score in sample.get("scores", {}).items():
            self._values[name].append({"C": 1.0, "I": 0.0}.get(score["value"], score["value"]))
        for name, count in sample["model_usage"][self.model].items():
            self._usage[name] += count

    def close(self) -> None:
        """Write what is known at the end."""
        ids = list(dict.fromkeys(summary["id"] for summary in self._summaries))
        epochs = max((summary["epoch"] for summary in self._summaries), default=1)
        spec = self._spec | {"config": {"epochs": epochs}}
        spec["dataset"] = self._spec["dataset"] | {"samples": len(ids), "sample_ids": ids}
        plan: Json = {"name": "plan", "steps": [], "config": {}}
        self._write("_journal/start.json", {"version": LOG_VERSION, "eval": spec, "plan": plan})
        self._write("summaries.json", self._summaries)
        header: Json = {"version": LOG_VERSION, "status": "success" if self._finished else "cancelled", "eval": spec}
        header |= {"plan": plan, "results": self._results(), "stats": self._stats()}
        self._write("header.json", header)
        self._zip.close()

    def _stats(self) -> Json:
        """The end is when the log was written, as a run notes none; the duration is the stage's."""
        now = time.time()
        times = {"started_at": _iso_time(now - self._seconds), "completed_at": _iso_time(now)}
        return times | {"model_usage": {self.model: self._usage}}

    def _results(self) -> Json:
        total = len(self._summaries)
        failed = sum("error" in summary for summary in self._summaries)
        means = ((SCORER, "accuracy"), (VERIFIER, "mean"))
        scores = [self._mean(name, metric, total) for name, metric in means if self._values[name]]
        return {"total_samples": total, "completed_samples": total - failed, "scores": scores}

    def _mean(self, name: str, metric: str, total: int) -> Json:
        values = self._values[name]
        mean = {"name": metric, "value": sum(values) / len(values)}
        counts = {"scored_samples": len(values), "unscored_samples": total - len(values)}
        return {"name": name, "scorer": name, "metrics": {metric: mean}, **counts}

    def _write(self, name: str, body: Any) -> None:
        self._zip.writestr(name, json.dumps(body, ensure_ascii=False, allow_nan=False).encode(errors="replace"))


class _StageLogs:
    """The logs of one stage, a file for each search, opened when its first episode comes."""

    def __init__(self, store: Store, stage: EpisodeStage, folder: Path) -> None:
        self._store, self._stage, self._folder = store, stage, folder
        self._settings = stored_settings(store)
        self._run = clean_text(posixpath.basename(store.root.rstrip("/")))
        self._logs: dict[Search, _Log] = {}

    def of(self, episode: Episode) -> _Log:
        search = (episode.selector, episode.width, episode.beam)
        if search not in self._logs:
            file = self._folder / f"{_file_name(self._run, self._stage, search)}{ENDING}"
            whole = self._stage.finished and self._stage.shown == self._stage.rows
            self._logs[search] = _Log(file, self._spec(episode, search), whole, self._stage.seconds)
        return self._logs[search]

    def close(self) -> Iterator[Path]:
        """Finish every file, then give them."""
        for log in self._logs.values():
            log.close()
        yield from (log.file for log in self._logs.values())

    def _spec(self, episode: Episode, search: Search) -> Json:
        selector, width, beam = search
        run = self._run
        key = (self._store.root, self._stage.name, self._stage.iteration, *search)
        model = self._settings.get("model", {}).get("generator")
        facts = {"run": clean_text(self._store.root), "stage": self._stage.name, "iteration": self._stage.iteration}
        facts |= {"selector": selector, "width": width, "beam": beam, "policy_id": episode.policy_id}
        facts |= {"generator": model, "state": self._stage.state}
        return {
            "eval_id": stable_id("eval", *key),
            "run_id": stable_id("run", *key),
            "created": _iso_time(time.time()),
            "task": _task(self._stage, search),
            "task_id": stable_id("task", *key),
            "dataset": {"name": run},
            "model": f"mucode/{run}-iteration-{episode.iteration}",
            "packages": {"mucode": distribution_version()},
            "metadata": facts,
        }


@contextmanager
def _stage_logs(store: Store, stage: EpisodeStage) -> Iterator[_StageLogs]:
    with tempfile.TemporaryDirectory(prefix="mucode-logs-") as folder:
        yield _StageLogs(store, stage, Path(folder))


def _iso_time(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


def _task(stage: EpisodeStage, search: Search) -> str:
    selector, width, beam = search
    searched = "" if (selector, width) == ("first", 1) else f" by {selector} of {width}"
    return f"{stage.title}{searched}{f', beam {beam}' if beam > 1 else ''}"


def _file_name(run: str, stage: EpisodeStage, search: Search) -> str:
    """As `embedded-iter_0001-search_sweep-pt_lv-5`."""
    selector, width, beam = search
    place = f"iter_{stage.iteration:04d}-{stage.name}"
    return f"{_plain(run)}-{place}-{_plain(selector)}-{width}{f'-beam{beam}' if beam > 1 else ''}"


def _plain(name: str) -> str:
    """A name as a part of a file's; one that is not plain keeps apart from others by a digest."""
    plain = UNUSUAL.sub("-", name)
    return plain if plain == name else f"{plain}-{stable_id(name)[:8]}"
