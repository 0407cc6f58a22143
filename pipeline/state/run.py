"""A run: its config, its directory, its actors, and the one way in which stages are carried out."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from actors.storage.checkpoint import Checkpoint
from pipeline.config.load import validated
from pipeline.config.schema import Config
from pipeline.errors import ConfigError, StoreError
from pipeline.methods.strategies import CONTROL_STRATEGY, strategy_identity
from pipeline.state.identity import digest_of
from pipeline.state.lock import require_no_driver, sign
from pipeline.state.manifest import Manifest
from pipeline.state.models import resolve
from pipeline.state.problems import ProblemSplits
from pipeline.state.stage import Stage
from pipeline.state.store import Store
from pipeline.trackers.console import Spans, say
from sandbox.problem import Problem

Input = Manifest | Checkpoint | Sequence[Manifest]


class Run:
    """Stages of one run directory. `stage` is idempotent: what is finished is verified and skipped."""

    def __init__(self, config: Config, actor_groups: Any, splits: ProblemSplits | None = None) -> None:
        self.config = config
        self.actor_groups = actor_groups
        self.store = Store(run_root(config), config.run.stages)
        self.spans = Spans()
        self.ran: list[Manifest] = []
        self.skipped = 0
        self._splits = splits or ProblemSplits()

    @cached_property
    def base(self) -> Checkpoint:
        return resolve(self.config.model.generator)

    def problems(self, split: str) -> list[Problem]:
        return self._splits.problems(self.config, split)

    def identify(self, step: Stage, inputs: Mapping[str, Input]) -> tuple[dict[str, Any], dict[str, str]]:
        """What names a stage's content: the identity fields that it reads, and the digests of what goes in."""
        identity = {**self.config.identity(*step.reads), "stage.version": step.version}
        digests = {name: digest for key, value in inputs.items() for name, digest in _digests(key, value)}
        return identity, digests | self._contents(step)

    def stage(self, iteration: int, step: Stage, **inputs: Input) -> Manifest:
        """Carry out a stage, or find it finished. Raises StoreError where other settings made it."""
        identity, digests = self.identify(step, inputs)
        if self.store.discard(iteration, step, identity, digests):
            say(f"  iteration {iteration} · {step.name}: its inputs changed, so it is computed again")
        self.store.adopt(iteration, step, identity, digests)
        title = f"  iteration {iteration} · {step.name}"
        with self.store.alone(iteration, step.name, lambda: say(f"{title}: another lane is at it; waiting for it")):
            found = self.store.find(iteration, step.name)
            if found is not None:
                self.store.require_identity(found, identity, digests)
                self.skipped += 1
                return found
            directory = self.store.prepare(iteration, step, identity, digests)
            started = time.monotonic()
            say(f"{title} …")
            with self.spans.span(step.name, iteration=iteration):
                output = step.function(self, iteration, directory, **inputs)
            manifest = self.store.commit(step, iteration, identity, digests, output, started)
        self.ran.append(manifest)
        say(f"{title}: {_summary(manifest)}")
        return manifest

    def _contents(self, step: Stage) -> dict[str, str]:
        """Digests of what the settings name: a path may hold other problems or other weights than before, and a
        strategy's row may have been edited."""
        found = {}
        for read, name in (("run.strategy", self.config.run.strategy), ("control", CONTROL_STRATEGY)):
            if read in step.reads:
                found[read] = digest_of(strategy_identity(name))
        for split in ("train", "validation", "test"):
            if f"problems.{split}" in step.reads:
                found[f"problems.{split}"] = self._splits.digest(self.config, split)
        for role in ("generator", "verifier"):
            if f"model.{role}" in step.reads:
                found[f"model.{role}"] = resolve(getattr(self.config.model, role)).policy_id
        return found

    def lookup(self, iteration: int, name: str) -> Manifest | None:
        return self.store.find(iteration, name)

    def finished(self, iteration: int, name: str) -> Manifest:
        manifest = self.lookup(iteration, name)
        if manifest is None:
            raise StoreError(f"stage {name} of iteration {iteration} is not finished in {self.store.root}")
        return manifest

    def all(self, name: str, before: int) -> list[Manifest]:
        return [self.finished(iteration, name) for iteration in range(before)]

    def last(self, name: str, before: int) -> Manifest:
        return self.finished(before - 1, name)

    def evaluated(self, iteration: int) -> list[Manifest]:
        """What the metrics of an iteration are made from: its searches, its held-out pairs and their scores."""
        from pipeline.stages.stages import HELD_OUT, HELD_OUT_PAIRS, OWN_PAIRS, SCORES, SEARCHES, SWEEP

        steps = [HELD_OUT, HELD_OUT_PAIRS, OWN_PAIRS, SCORES, SWEEP, *SEARCHES.values()]
        names = [step.name for step in steps]
        found = (self.lookup(iteration, name) for name in names)
        return [manifest for manifest in found if manifest is not None]

    def base_answers(self, iteration: int) -> list[Manifest]:
        """Held-out answers of the base model and their pairs: what a later verifier is also measured by."""
        return [self.finished(0, name) for name in ("held_out", "own_pairs")] if iteration > 0 else []


def run_root(config: Config) -> str:
    root = config.run.root
    base = root if "://" in root else str(Path(root).resolve())
    return f"{base.rstrip('/')}/{config.run.name}"


def require_free(store: Store, config: Config) -> None:
    """Say why this config cannot continue the run directory, if it cannot; writes nothing.

    Raises StoreError where another driver is alive on it, or where identity fields differ from those it was
    begun with (`run.iterations` may grow).
    """
    if store.exists("config.json"):
        begun = _stored(store)
        sections = tuple(Config.model_fields)
        there, now = begun.identity(*sections), config.identity(*sections)
        names = [name for name in now if there.get(name) != now[name]]
        if names:
            text = "; ".join(f"{name}: there {there.get(name)!r}, now {now[name]!r}" for name in names)
            raise StoreError(
                f"{store.root} belongs to a run with other settings ({text}). "
                "Choose another run.name, or restore the settings to continue it"
            )
    require_no_driver(store)


def claim(store: Store, config: Config) -> None:
    """Bind the run directory to this config and this driver."""
    require_free(store, config)
    store.write(config.model_dump_json(indent=1).encode(), "config.json")
    sign(store)


def stored_config(root: str) -> Config:
    """The config that a run directory was begun with."""
    store = Store(root if "://" in root else str(Path(root).resolve()))
    if not store.exists("config.json"):
        raise StoreError(f"{root} is not a run directory: it holds no config.json. Runs are folders under run.root")
    return _stored(store)


def _stored(store: Store) -> Config:
    try:
        return validated(store.read_json("config.json"))
    except ConfigError as error:
        raise StoreError(f"{store.root}/config.json is not what a run wrote: {error}. Restore it") from None


def _digests(key: str, value: Input) -> list[tuple[str, str]]:
    if isinstance(value, Checkpoint):
        return [(key, value.policy_id)]
    if isinstance(value, Manifest):
        return [(f"{key}:{value.stage}@{value.iteration}", value.digest)]
    return [pair for manifest in value for pair in _digests(key, manifest)]


def _summary(manifest: Manifest) -> str:
    counts = {**manifest.counts, **manifest.facts}
    shown = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in counts.items() if value)
    return f"{manifest.seconds:.1f} s" + (f" · {shown}" if shown else "")


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
