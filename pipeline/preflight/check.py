"""Everything that can be wrong before work starts, found before work starts, without heavy imports."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from actors.prompting.dialogue import build_dialogue
from actors.prompting.strangers import StrangerError, strangers_of
from actors.storage.run_storage import check_place
from pipeline.cluster.local_folders import check_socket_paths
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.methods.strategies import STRATEGIES
from pipeline.model_files.directory import ModelFilesError, check_directory
from pipeline.model_files.limited import limited_example
from pipeline.preflight.estimate import problem_notices, run_cost
from pipeline.preflight.provisions import check_provisions
from pipeline.preflight.ray_address import check_ray_address
from pipeline.preflight.settling import check_sizes, settle_config
from pipeline.state.plugins import load_plugins
from pipeline.state.problems import SPLITS, ProblemSplits
from pipeline.trackers.kinds import check_trackers
from sandbox.plugins import Origin
from sandbox.registry import RegistryError

EMBEDDED = Path(__file__).parents[1] / "embedded"
SHOWN = 60
"""Characters of a name that cannot be one."""
EVALUATED_SPLITS = ("test",)
EVALUATED_FIELDS = (*(name for name in Config.model_fields if name != "problems"), "problems.test")
"""What an evaluation reads: its dry run leaves the problems of other splits alone."""


def check_run(config: Config, splits: ProblemSplits, trains: bool = True) -> Config:
    """The settled config. Raise one clear error for the first thing that would stop this run; print what else to know
    of its problems."""
    from actors.storage.checkpoint import fetch_checkpoint
    from pipeline.preflight.run_folder import check_disk
    from pipeline.state.models import resolve_model  # these import pyarrow, which a dry run does without
    from pipeline.state.reuse.finished import FinishedElsewhere
    from pipeline.state.run_directory import run_root

    trains = trains and config.learns
    config = check_settings(config, splits, trains)
    for notice in problem_notices(config, splits):
        print(f"note: {notice}", file=sys.stderr)
    _check_surroundings(config)
    if config.run.reuse:
        FinishedElsewhere(config.run.reuse, run_root(config))
    for field, name in _models(config, trains).items():
        path = resolve_model(name).path  # a name that nobody has is refused here, and a hub model fetched once
        if not Path(path).is_dir():  # its files are here only now
            _check_files(f"model.{field}", name, Path(fetch_checkpoint(path)), _context(config, field))
    config = settle_config(config, trains=trains, fetch=True)
    _check_room(config)
    check_sizes(config, trains=trains, fetch=True)
    check_disk(config, run_cost(config, splits) if trains else None)
    _check_engine(config.sandbox.packages)
    return config


def _check_surroundings(config: Config) -> None:
    """What a mistyped address, or a container that gives too little, would end later and worse."""
    from pipeline.preflight.run_folder import check_root

    check_root(config)
    if address := os.environ.get("RAY_ADDRESS"):
        check_ray_address(address)
    else:
        check_socket_paths()
        check_provisions()


def check_settings(config: Config, splits: ProblemSplits, trains: bool = True) -> Config:
    """The part that needs no network, no engine and no disk: what a dry run refuses, too. The config that it returns is
    settled if its models are on this machine.

    `trains`: whether the command makes a verifier of model.verifier; an evaluation makes none, nor does a run that
    learns nothing.
    """
    trains = trains and config.learns
    for name in (config.run.root, config.model.generator, config.model.verifier):  # before anything may show them
        check_place(name)
    check_trackers(config.run.trackers, f"{config.run.root}/{config.run.name}")
    for field, name in _models(config, trains).items():  # before the problems, which take longer to read
        check_model(f"model.{field}", name, _context(config, field))
    config = settle_config(config, trains=trains, fetch=False)
    check_sizes(config, trains=trains, fetch=False)
    try:
        load_plugins(config, splits, _announce, None if trains else EVALUATED_FIELDS)
    except RegistryError as error:
        raise ConfigError(str(error)) from error
    _check_strategy(config)
    for split in SPLITS if trains else EVALUATED_SPLITS:
        if not splits.problems(config, split):
            raise ConfigError(f"problems.{split} = {getattr(config.problems, split)!r} holds no problem")
    _check_references(config, splits)
    _check_strangers(config, splits, SPLITS if trains else EVALUATED_SPLITS)
    _check_room(config)
    return config


def _models(config: Config, trains: bool) -> dict[str, str]:
    """Field of [model] -> the model that it names, of those that the command needs."""
    return {"generator": config.model.generator} | ({"verifier": config.model.verifier} if trains else {})


def _context(config: Config, field: str) -> int | None:
    """The longest prompt and answer that a model of [model] reads; None if that is open."""
    return (config.verifier.max_tokens if field == "verifier" else None) or config.model.max_tokens


def _announce(plugin: Origin) -> None:
    print(f"note: imports the plug-in {plugin}", file=sys.stderr, flush=True)


def _check_strategy(config: Config) -> None:
    name, iterations = config.run.strategy, config.run.iterations
    if iterations and not STRATEGIES[name].trains:
        raise ConfigError(
            f"run.strategy = {name!r} trains no generator, but run.iterations = {iterations}; set run.iterations = 0, "
            "or choose another strategy"
        )


def _check_room(config: Config) -> None:
    context = config.model.max_tokens
    if context is not None and config.rollouts.max_tokens >= context:
        raise ConfigError(
            f"rollouts.max_tokens = {config.rollouts.max_tokens} leaves no room for a prompt within "
            f"model.max_tokens = {context}; set rollouts.max_tokens to {context // 2} or less"
        )


def _check_references(config: Config, splits: ProblemSplits) -> None:
    """A strategy that falls back on reference solutions needs some that can be written as answers."""
    strategy = STRATEGIES[config.run.strategy].completed(config.protocol, config.fine_tune.trajectories_per_problem)
    written = build_dialogue(**config.dialogue.model_dump())
    if strategy.unsolved == "reference" and not any(map(written.reference_answer, splits.problems(config, "train"))):
        raise ConfigError(
            f"run.strategy = {config.run.strategy!r} trains on reference solutions, but no problem of problems.train = "
            f"{config.problems.train!r} has one; give the problems references, or choose another strategy"
        )


def _check_strangers(config: Config, splits: ProblemSplits, names: Sequence[str]) -> None:
    """Feedback of another problem needs one."""
    if not build_dialogue(**config.dialogue.model_dump()).feedback_style.foreign:
        return
    for name in names:
        try:
            strangers_of(splits.problems(config, name))
        except StrangerError as error:
            raise ConfigError(f"problems.{name} = {getattr(config.problems, name)!r}: {error}") from None


def check_model(key: str, name: str, max_tokens: int | None = None) -> None:
    """Raises ConfigError if `name`, to which `key` is set, is a path and no model that can work lies there.

    Reads files, never weights; a chat is rendered if transformers is installed. `max_tokens`: the context asked for.
    """
    if name.startswith("builtin:"):
        if name not in ("builtin:generator", "builtin:verifier"):
            raise ConfigError(f"{key} = {name!r}: expected builtin:generator, builtin:verifier, a directory or a name")
        _check_files(key, name, EMBEDDED / name.removeprefix("builtin:"), max_tokens)
        return
    if "://" in name:
        return
    path = Path(name)
    try:
        path.is_dir()
    except OSError as error:
        raise ConfigError(f"{key} = {name[:SHOWN]!r} cannot be read: {error.strerror}") from None
    if path.is_dir():
        _check_files(key, name, path, max_tokens)
    elif path.suffix == ".gguf":
        advice = f"`mucode model import {name} --out DIR` makes a directory of it"
        raise ConfigError(f"{key} = {name!r} is a GGUF file; {advice}")
    elif path.is_file():
        raise ConfigError(f"{key} = {name!r} is a file; expected the directory of a model, or a name")
    elif name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise ConfigError(f"{key} = {name!r}: no such directory")


def _check_files(key: str, name: str, path: Path, max_tokens: int | None) -> None:
    own = path.parent == EMBEDDED
    try:
        check_directory(path, max_tokens)
        if not own:
            limited_example(path)
    except ModelFilesError as error:
        hint = "; `--config embedded` has all settings of the built-in models" if own else ""
        raise ConfigError(f"{key} = {name!r}: {error}{hint}") from None


def _check_engine(packages: Sequence[str]) -> None:
    """Ask Docker now, on this machine, unless sandboxes live on other nodes of a cluster. Libraries are installed now:
    what an index lacks costs no start of Ray, and what takes minutes no executor's deadline."""
    if os.environ.get("RAY_ADDRESS"):
        return
    from sandbox.containers.docker_client import connect_engine

    client = connect_engine()
    if packages:
        from sandbox.image.build import ensure_image

        ensure_image(client, packages=packages)
    client.close()
