"""`mucode gc`: remove what a run, a study or an evaluation needs no longer, or old images of the boxes."""

import argparse
from contextlib import nullcontext
from typing import TYPE_CHECKING, get_args

from pipeline.commands.options import named_directory
from pipeline.config.run_sections import KeepCheckpoints
from pipeline.errors import ConfigError, StoreError
from pipeline.trackers.console import counted

if TYPE_CHECKING:
    from pipeline.retention.plan import RunToClean  # these import pyarrow

BY = "mucode gc"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", metavar="DIR", nargs="?", help="the directory or address of a run or a study")
    parser.add_argument(
        "--keep",
        choices=get_args(KeepCheckpoints),
        help="checkpoints that stay, as in run.keep_checkpoints (default: what the run is set to, at first all)",
    )
    parser.add_argument("--images", action="store_true", help="instead: Docker images of boxes of other versions")
    parser.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")


def execute_command(options: argparse.Namespace) -> int:
    if options.images == (options.run_dir is not None) or (options.images and options.keep):
        raise ConfigError("mucode gc takes the directory of a run or a study, or --images alone")
    if options.images:
        return _remove_images(options.dry_run)
    return _clean(named_directory(options.run_dir), options.keep, options.dry_run)


def _clean(root: str, keep: KeepCheckpoints | None, dry_run: bool) -> int:
    from pipeline.state.lease.holding import held_lease
    from pipeline.state.store import Store

    runs, planned = _runs(root)
    _require_nobody_at_work(root)
    settings = runs[0][1].run
    keep = keep or settings.keep_checkpoints
    missing = planned - len(runs)
    if keep != "all" and missing:
        raise StoreError(
            f"{missing} of its {planned} runs {'was' if missing == 1 else 'were'} not begun, and may read any "
            f"checkpoint of {root}: finish the study first, or give --keep all"
        )
    with nullcontext() if dry_run else held_lease(Store(root), settings.lease_s):  # nobody begins to drive meanwhile
        return _remove(root, runs, keep, dry_run)


def _remove(root: str, runs: "list[RunToClean]", keep: KeepCheckpoints, dry_run: bool) -> int:
    from pipeline.overview.text import bytes_text
    from pipeline.retention.plan import removable_checkpoints, removable_left_overs
    from pipeline.retention.removal import remove_all

    items = [*removable_checkpoints(runs, keep), *removable_left_overs(runs)]
    for item in items:
        print(f"{bytes_text(item.size_bytes):>10}  {item.path.removeprefix(f'{root}/')}  ({item.why})")
    if not dry_run:
        remove_all(root, items, BY)
    freed = bytes_text(sum(item.size_bytes for item in items))
    verb = "would be removed" if dry_run else "removed"
    print(f"{counted(len(items), 'item')} {verb}, {freed}; checkpoints kept: {keep}")
    return 0


def _runs(root: str) -> "tuple[list[RunToClean], int]":
    """The run; or those of a study that were begun, and how many it will have. Raises StoreError if it is neither."""
    from pipeline.state.run_directory import CONFIG, run_root, stored_config
    from pipeline.state.store import Store
    from pipeline.study.execute import stored_study
    from pipeline.study.runs import stored_study_runs

    study = stored_study(root)
    if study is None:
        config = stored_config(root)
        if config.run.stages:
            raise StoreError(f"{root} shares its stages with others; give the study's directory, which knows them all")
        return [(Store(root), config)], 1
    found = [(Store(run_root(run.config)), run.config) for run in stored_study_runs(study)]
    begun = [(store, config) for store, config in found if store.exists(CONFIG)]
    if not begun:
        raise StoreError(f"{root} is a study of which no run was begun, so there is nothing to remove")
    return begun, len(found)


def _require_nobody_at_work(root: str) -> None:
    from pipeline.overview.directory_status import directory_status
    from pipeline.overview.driver import driver_of
    from pipeline.state.run_files import RunFiles

    status, driver = directory_status(root, detailed=False), driver_of(RunFiles(root))
    if status.state == "running" or (driver is not None and driver.alive):
        raise StoreError(f"{root} is being worked on: {status.told_by}. Wait for its end, or stop it")


def _remove_images(dry_run: bool) -> int:
    from sandbox.containers.docker_client import connect_engine
    from sandbox.image.old_images import find_old_images, remove_images

    client = connect_engine()
    old = find_old_images(client)
    for image in old:
        print(f"{image.size_bytes / (1 << 20):8.1f} MiB  {image.name}")
    in_use = [] if dry_run else remove_images(client, old)
    for name in in_use:
        print(f"{name} stays: a container uses it")
    done = len(old) - len(in_use)
    print(f"{counted(done, 'image')} {'would be removed' if dry_run else 'removed'}; layers that others share stay")
    return 0
