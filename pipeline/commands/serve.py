"""`mucode serve`: vLLM's own server on a model; or, with --best-of, answers chosen by tests and a verifier."""

import argparse
import os

from pipeline.commands.directories.export import parse_iteration
from pipeline.commands.extras import TRAINING_MODULES, require_modules
from pipeline.commands.options import add_set_option, parse_count
from pipeline.errors import ConfigError

ENDPOINT_OPTIONS = ("verifier", "turns", "config", "in_flight", "queued", "deadline_s")
TURNS, IN_FLIGHT, QUEUED, DEADLINE_S = 3, 8, 32, 300


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a model directory or name, or the directory of a run")
    parser.add_argument("--iteration", type=parse_iteration, help="of a run: whose model (default: the one it returns)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="others than this machine need a key (default: %(default)s)"
    )
    parser.add_argument("--port", type=parse_port, default=8000, help="(default: %(default)s)")
    parser.add_argument(
        "--print", action="store_true", help="print the command line of vLLM's server, and start nothing"
    )
    parser.add_argument(
        "--best-of", type=parse_count, metavar="N", help="choose among N answers; requests may ask for fewer"
    )
    parser.add_argument("--verifier", help="with --best-of: a verifier's directory, or a run that has one")
    parser.add_argument("--turns", type=parse_count, help=f"with --best-of: most answers in a row (default {TURNS})")
    parser.add_argument(
        "--in-flight", type=parse_count, help=f"with --best-of: requests at a time (default {IN_FLIGHT})"
    )
    parser.add_argument("--queued", type=parse_count, help=f"with --best-of: requests that wait (default {QUEUED})")
    parser.add_argument("--deadline-s", type=parse_count, help=f"with --best-of: of a request (default {DEADLINE_S})")
    parser.add_argument("--config", help="with --best-of and a model directory: a TOML file, or a shipped one's name")
    add_set_option(parser)


def parse_port(text: str) -> int:
    """0 (any that is free) to 65535."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, found {text!r}")
    return int(text)


def execute_command(options: argparse.Namespace) -> int:
    require_modules((*TRAINING_MODULES, "starlette", "uvicorn"))
    from pipeline.serving.gate import KEY_VARIABLE, require_safe

    key = os.environ.get(KEY_VARIABLE, "")
    require_safe(options.host, key)
    if options.best_of is None:
        return _serve_plainly(options, key)
    if options.print:
        raise ConfigError("--print shows vLLM's server; with --best-of the server is mucode's own. Leave one out")
    return _serve_best(options, key)


def _serve_plainly(options: argparse.Namespace, key: str) -> int:
    from pipeline.serving.models import find_model
    from pipeline.serving.vllm_command import become, command_line, vllm_command

    given = [name for name in ENDPOINT_OPTIONS if getattr(options, name) is not None] + ["set"] * bool(options.set)
    if given:
        raise ConfigError(f"--{given[0].replace('_', '-')} is about --best-of, which is not given")
    words = vllm_command(find_model(options.model, iteration=options.iteration), options.host, options.port)
    print(command_line(words, key), flush=True)
    if not options.print:
        become(words, key)
    return 0


def _serve_best(options: argparse.Namespace, key: str) -> int:
    from actors.machine.capacity import this_machine
    from actors.prompting.dialogue import build_dialogue
    from pipeline.preflight.settling import check_sizes, settle_config
    from pipeline.serving.limits import ServingLimits
    from pipeline.serving.models import find_model, serving_config
    from pipeline.serving.plan import ServedModel
    from pipeline.serving.server import bind_socket, run_endpoint
    from pipeline.sizing.choices import choose_sizes
    from pipeline.sizing.model_facts import find_model_facts

    model = find_model(options.model, iteration=options.iteration)
    verifier = find_model(options.verifier, "verifier").checkpoint if options.verifier else None
    config = settle_config(serving_config(model, options.config, options.set), trains=False, fetch=True)
    check_sizes(config, trains=False, fetch=True)
    if build_dialogue(**config.dialogue.model_dump()).feedback_style.foreign:
        raise ConfigError(
            f"dialogue.feedback = {config.dialogue.feedback!r} tells of another problem, and there is none"
        )
    facts = find_model_facts(config.model.generator, fetch=True)
    assert facts is not None, "it was resolved"
    limits = ServingLimits(
        best_of=options.best_of,
        turns=options.turns or TURNS,
        in_flight=options.in_flight or IN_FLIGHT,
        queued=options.queued or QUEUED,
        deadline_s=float(options.deadline_s or DEADLINE_S),
    )
    served = ServedModel(name=model.name, config=config, limits=limits)
    bound = bind_socket(options.host, options.port)
    run_endpoint(served, choose_sizes(config, facts, this_machine()), model.checkpoint, verifier, bound, key)
    return 0
