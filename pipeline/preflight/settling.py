"""Open settings get values: those of data (model.dtype, model.max_tokens) in the config, the run's or chosen now; sizes
are chosen at each start, and checked here."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from actors.machine.capacity import Machine, this_machine
from pipeline.config.schema import Config
from pipeline.sizing.choices import check_memory, choose_data, choose_sizes
from pipeline.sizing.description import describe_choices
from pipeline.sizing.model_facts import find_model_facts, model_directory
from sandbox.json_text import read_json

SETTLED = ("dtype", "max_tokens")
"""Settings of [model] that a run keeps as they were chosen at its first start, also on another machine."""


def settle_config(config: Config, *, trains: bool, fetch: bool, machine: Machine | None = None) -> Config:
    """`config` with what its run directory settled; what is open still is chosen from the model and `machine`.

    `fetch`: the real start, which may read an address and bring a model; without, what is not here stays open.
    """
    open_names = [name for name in SETTLED if getattr(config.model, name) is None]
    if not open_names:
        return config
    stored = _stored_model(config, fetch)
    config = _with_model(config, {name: stored[name] for name in open_names if stored.get(name) is not None})
    shares_context = trains and config.verifier.max_tokens is None
    names = [config.model.generator, *([config.model.verifier] if shares_context else [])]
    models = [find_model_facts(name, fetch=fetch) for name in names]
    known = [one for one in models if one is not None]
    if len(known) < len(names):
        return config
    return _with_model(config, choose_data(config, known, machine or expected_machine()))


def expected_machine() -> Machine:
    """This machine; a cluster that RAY_ADDRESS names is taken to have accelerators until Ray tells."""
    here = this_machine()
    return replace(here, accelerators=True) if os.environ.get("RAY_ADDRESS") else here


def check_sizes(config: Config, *, trains: bool, fetch: bool) -> None:
    """Raises ConfigError if what the config asks for, or what its model needs, does not fit this machine."""
    model, machine = find_model_facts(config.model.generator, fetch=fetch), expected_machine()
    if model is not None and config.is_settled:
        check_memory(config, model, machine, choose_sizes(config, model, machine), trains=trains)


def choices_text(given: Config, settled: Config, *, trains: bool) -> str:
    """What was chosen for what `given` leaves open, a line each, and which models were not looked up; "" if nothing."""
    names = {"model.generator": settled.model.generator} | (
        {"model.verifier": settled.model.verifier} if trains else {}
    )
    missing = [f"{key} = {name!r}" for key, name in names.items() if model_directory(name) is None]
    lines = [
        f"note: {one} is not on this machine and was not looked up: the start fetches it, checks its files, and "
        "chooses what the config leaves open"
        for one in missing
    ]
    model = find_model_facts(settled.model.generator)
    if model is not None and settled.is_settled:
        lines.append(describe_choices(given, settled, model, expected_machine(), trains=trains))
    return "\n".join(filter(None, lines))


def _with_model(config: Config, values: dict[str, Any]) -> Config:
    return config.model_copy(update={"model": config.model.model_copy(update=values)}) if values else config


def _stored_model(config: Config, fetch: bool) -> dict[str, Any]:
    """The section [model] that the run directory has, {} if it has none. A dry run looks at local directories only."""
    root = config.run.root
    if "://" in root:
        return _read_address(config) if fetch else {}
    try:
        found = read_json(Path(root, config.run.name, "config.json").expanduser().read_text())
    except (OSError, ValueError):  # nothing there yet, or nothing that a run wrote: whoever claims it says so
        return {}
    section = found.get("model") if isinstance(found, dict) else None
    return section if isinstance(section, dict) else {}


def _read_address(config: Config) -> dict[str, Any]:
    from pipeline.state.run_directory import run_root
    from pipeline.state.store import Store

    found = Store(run_root(config)).read_json("config.json")
    section = found.get("model") if isinstance(found, dict) else None
    return section if isinstance(section, dict) else {}
