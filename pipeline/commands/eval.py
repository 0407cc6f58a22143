"""`mucode eval`: its options as settings, then what they would cost (--dry-run), or the evaluation (evaluate.py)."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from actors.ids import stable_id
from actors.search.selectors import SELECTORS, evaluated_selectors
from pipeline.commands.options import add_set_option, parse_count, parse_numbers
from pipeline.config.load import load_config
from pipeline.config.presets import PROTOCOLS
from pipeline.config.schema import Config
from pipeline.config.shipped import shipped_configs
from pipeline.errors import ConfigError
from pipeline.preflight.check import check_model, check_settings
from pipeline.preflight.estimate import describe_evaluation
from pipeline.preflight.selectors import check_selectors
from pipeline.preflight.settling import choices_text
from pipeline.state.problems import ProblemSplits
from sandbox.problems.load import DATA_SETS

BEST_OF_N_OPTIONS = ("n", "k", "selectors", "beam", "searches", "verifier")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="a Hugging Face directory or name")
    parser.add_argument(
        "--dataset", required=True, help=f"NAME, NAME:SPLIT or NAME@FILE ({', '.join(DATA_SETS)}), or a JSONL file"
    )
    parser.add_argument("--verifier", help="a verifier checkpoint, for selectors that rank by scores")
    parser.add_argument("--greedy", action="store_true", help="the greedy search alone: no best-of-N, no pass@k")
    parser.add_argument("--n", type=parse_numbers, help="best of each of these N, as in 1,5 (default 5)")
    parser.add_argument("--k", type=parse_numbers, help="pass@k for each of these k (default 1)")
    parser.add_argument("--selectors", type=lambda text: text.split(","), metavar="NAME,NAME", help=_selectors_help())
    parser.add_argument("--turns", type=parse_count, help="most answers of an episode (default 3)")
    parser.add_argument("--beam", type=parse_count, help="histories kept from turn to turn (default 1)")
    parser.add_argument("--searches", type=parse_count, help="searches of each problem, with other samples (default 1)")
    parser.add_argument("--limit", type=parse_count, help="only the first so many problems")
    parser.add_argument("--protocol", help="; ".join(f"{name}: {row.description}" for name, row in PROTOCOLS.items()))
    parser.add_argument("--out", help="a file for all numbers, JSON")
    parser.add_argument("--config", help="a TOML file, or the name of a shipped one, for everything else")
    add_set_option(parser)
    parser.add_argument("--dry-run", action="store_true", help="check, and print what it will cost and where it writes")


def execute_command(options: argparse.Namespace) -> int:
    config, splits = evaluation_config(options), ProblemSplits()
    options.directory = f"{config.run.root}/{config.run.name}"
    if options.out:
        _check_out(Path(options.out))
    if options.dry_run:
        settled = check_settings(config, splits, trains=False)
        if options.verifier:
            check_model("--verifier", options.verifier)
        check_selectors(config, options.verifier, splits.problems(config, "test"))
        print(describe_evaluation(settled, splits))
        print(choices_text(config, settled, trains=False))
        return 0
    from pipeline.commands.evaluate import evaluate_model

    return evaluate_model(config, splits, options.verifier, options.out)


def _check_out(file: Path) -> None:
    """Raises ConfigError for a file that could not be written when all is sampled."""
    if file.is_dir():
        raise ConfigError(f"--out {file} is a directory; expected a file for the numbers")
    place = next(one for one in (file, *file.absolute().parents) if one.exists())
    if not os.access(place, os.W_OK) or (place != file and not place.is_dir()):
        raise ConfigError(f"--out {file} cannot be written, as {place} does not allow it; name another file")


def evaluation_config(options: argparse.Namespace) -> Config:
    """The config of the evaluation that the options ask for."""
    settings = evaluation_settings(options)
    name = evaluation_name(options.model, options.dataset, [*settings, str(options.verifier), str(options.config)])
    return load_config(options.config, [f"run.name={name}", *settings])


def evaluation_name(model: str, dataset: str, settings: Sequence[str]) -> str:
    """Folder of an evaluation: the same for the same question, so that asking again continues or repeats nothing."""
    parts = [re.sub(r"[^A-Za-z0-9.]+", "-", Path(text).name).strip("-") for text in (model, dataset)]
    return "-".join(["eval", *parts, stable_id(model, dataset, list(settings))[:6]])


def evaluation_settings(options: argparse.Namespace) -> list[str]:
    """The options as `section.key=value`; those of `--set` come last, and so have the last word.

    Raises ConfigError if best-of-N searches are asked for and refused at once.
    """
    named = [f"--{name}" for name in BEST_OF_N_OPTIONS if getattr(options, name) is not None]
    if options.greedy and named:
        raise ConfigError(f"--greedy makes no best-of-N search, and {', '.join(named)} is about those; leave one out")
    given = {
        "eval.widths": options.n,
        "eval.passes": [] if options.greedy else options.k or [1],
        "eval.selectors": [] if options.greedy else options.selectors or _possible_selectors(options),
        "eval.turns": options.turns,
        "eval.beam": options.beam,
        "eval.searches": options.searches,
        "problems.limit_test": options.limit,
        "protocol.name": options.protocol,
    }
    fixed = {"run.iterations": 0, "run.control": False}
    asked = {"model.generator": options.model, "problems.test": options.dataset}
    values = {**fixed, **asked, **{key: value for key, value in given.items() if value is not None}}
    return [*(f"{key}={json.dumps(value)}" for key, value in values.items()), *options.set]


def _possible_selectors(options: argparse.Namespace) -> list[str]:
    """Those of the config, or those marked default; without a verifier only those that need none."""
    shipped = [name for name, row in SELECTORS.items() if row.default]
    names = list(load_config(options.config, options.set).eval.selectors) if options.config else shipped
    left_out = [name for name in names if SELECTORS[name].needs_scores and not options.verifier]
    if left_out and options.config and options.config not in shipped_configs():
        print(f"mucode: {', '.join(left_out)} left out: they need a verifier (--verifier DIR)", file=sys.stderr)
    return [name for name in names if name not in left_out]


def _selectors_help() -> str:
    rows = evaluated_selectors()
    plain = [name for name, row in rows.items() if row.default and not row.needs_scores]
    scored = [name for name, row in rows.items() if row.default and row.needs_scores]
    lines = " ".join(f"{name}: {row.description}" for name, row in rows.items())
    default = f"default: {','.join(plain)}; with a verifier {','.join(scored)} too"
    return f"{lines} Or your own, as package.module:NAME ({default})".replace("%", "%%")
