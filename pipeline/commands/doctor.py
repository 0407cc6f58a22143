"""`mucode doctor`: what this machine, or a cluster, has, what is missing, and the command that mends it."""

import argparse
from collections.abc import Iterator

from pipeline.commands.extras import require_modules
from pipeline.commands.options import add_set_option
from pipeline.config.load import load_config
from pipeline.config.schema import Config
from pipeline.doctor.checks import Check, Surroundings, find_all
from pipeline.doctor.findings import Finding
from pipeline.doctor.output import finding_line, findings_json
from pipeline.doctor.table import LOCAL_CHECKS
from pipeline.errors import ConfigError
from pipeline.preflight.settling import settle_config


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "config",
        nargs="*",
        help="files or names of a run's settings, as `mucode run` takes them: whose models are looked at",
    )
    add_set_option(parser)
    parser.add_argument("--model", help="a model directory to look at")
    parser.add_argument("--root", help="where runs are to be kept: a folder or an address (default: run.root)")
    parser.add_argument("--cluster", action="store_true", help="look at every node of the Ray that RAY_ADDRESS names")
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        metavar="NAME,NAME",
        help=f"only these checks: {', '.join(check.name for check in LOCAL_CHECKS)}",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, which docs/installation.md describes"
    )


def execute_command(options: argparse.Namespace) -> int:
    """1 if anything is broken."""
    if options.cluster:
        require_modules(("ray",))
    findings = []
    for finding in _findings(_surroundings(options), _chosen(options.only), options.cluster):
        findings.append(finding)
        if not options.json:
            print(finding_line(finding), flush=True)
    if options.json:
        print(findings_json(findings))
    return 1 if any(one.status == "fail" for one in findings) else 0


def _surroundings(options: argparse.Namespace) -> Surroundings:
    config = load_config(options.config or None, options.set)
    models = {"--model": options.model} if options.model else {}
    given = bool(options.config or options.set)
    if given:
        models |= {"model.generator": config.model.generator}
        models |= {"model.verifier": config.model.verifier} if config.learns else {}
    return Surroundings(config=_settled(config) if given else None, models=models, root=options.root or config.run.root)


def _settled(config: Config) -> Config | None:
    """None if its model is not here, so that nobody knows what it needs."""
    settled = settle_config(config, trains=config.learns, fetch=False)
    return settled if settled.model.dtype is not None and settled.model.max_tokens is not None else None


def _chosen(names: list[str] | None) -> list[Check]:
    """Raises ConfigError for a name that no check has."""
    unknown = sorted(set(names or ()) - {check.name for check in LOCAL_CHECKS})
    if unknown:
        known = ", ".join(check.name for check in LOCAL_CHECKS)
        raise ConfigError(f"--only {unknown[0]}: no check has that name; expected some of {known}")
    return [check for check in LOCAL_CHECKS if names is None or check.name in names]


def _findings(surroundings: Surroundings, checks: list[Check], cluster: bool) -> Iterator[Finding]:
    yield from find_all(checks, surroundings)
    if cluster:
        from pipeline.doctor.cluster.connection import find_cluster

        yield from find_cluster(surroundings.root)
