"""The command line: `mucode …` and `python -m pipeline …` are the same program.

A sub-command's file is imported only if it is asked for, and heavy packages (torch, ray, vllm, deepspeed) only when it
works. Exit status: 0 done; 1 the work ended in the middle; 2 nothing was done, since the input is wrong or something is
missing; 130 interrupted.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from pipeline.cluster.interruption import Interrupted, interrupt_at_sigterm
from pipeline.commands.extras import TRAINING_MODULES, require_modules
from pipeline.commands.failure import report_failure
from pipeline.config.version import distribution_version, source_commit
from sandbox.terminal import expand_home, print_anything

INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A sub-command: its file, the modules that all of its work needs, and how interrupted work is continued."""

    help: str
    module: str
    needs: tuple[str, ...] = ()
    continued_by: str = ""


COMMANDS: dict[str, Command] = {
    "run": Command(
        help="run, or continue, an expert iteration",
        module="pipeline.commands.start",
        needs=TRAINING_MODULES,
        continued_by="`mucode resume DIR`",
    ),
    "resume": Command(
        help="continue a run, or a study, from its directory",
        module="pipeline.commands.resume",
        needs=TRAINING_MODULES,
        continued_by="`mucode resume DIR`",
    ),
    "eval": Command(
        help="evaluate any Hugging Face model on a set of problems",
        module="pipeline.commands.eval",
        needs=TRAINING_MODULES,
        continued_by="the same `mucode eval` again",
    ),
    "study": Command(
        help="execute, or continue, a comparison of methods over several seeds",
        module="pipeline.commands.study",
        continued_by="`mucode resume DIR`",
    ),
    "report": Command(
        help="print the results of a run or a study, and write its report.html", module="pipeline.commands.report"
    ),
    "status": Command(
        help="say what a run, a study or an evaluation is doing", module="pipeline.commands.directories.status"
    ),
    "trace": Command(
        help="write when a run worked at what as a trace, for Perfetto", module="pipeline.commands.directories.trace"
    ),
    "ls": Command(help="list the runs below a folder", module="pipeline.commands.directories.ls"),
    "gc": Command(
        help="remove checkpoints and left-overs that a run needs no longer", module="pipeline.commands.directories.gc"
    ),
    "export": Command(
        help="write a model of a run as a plain Hugging Face directory with a model card",
        module="pipeline.commands.directories.export",
    ),
    "view": Command(
        help="write all episodes of a run as a page to filter and search, or as logs for Inspect",
        module="pipeline.commands.directories.view",
    ),
    "serve": Command(
        help="answer over HTTP: vLLM's server, or answers chosen by tests and a verifier",
        module="pipeline.commands.serve",
    ),
    "runs": Command(help="verify every file of a run or a study", module="pipeline.commands.runs"),
    "config": Command(help="list the settings, or explain one", module="pipeline.commands.config"),
    "model": Command(help="import a GGUF file, or check a model directory", module="pipeline.commands.model"),
    "doctor": Command(help="check Docker, Ray, the packages and this machine", module="pipeline.commands.doctor"),
    "sandbox": Command(
        help="build the boxes' image, try their limits, judge programs", module="pipeline.commands.sandbox"
    ),
}


class CommandParser(argparse.ArgumentParser):
    """A parser whose sub-commands show their own usage for options that they do not have."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line; returns the exit status."""
    print_anything()
    words = [expand_home(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    parser = make_parser(words)
    if not words:
        parser.print_help()
        return 2
    options = parser.parse_args(words)
    command = COMMANDS[options.command_name]
    kept = f"; what was committed is kept: {command.continued_by} continues" if command.continued_by else ""
    interrupted = f"mucode: interrupted{kept}"
    interrupt_at_sigterm(interrupted)
    try:
        if not getattr(options, "dry_run", False):
            require_modules(command.needs)
        return int(options.execute(options))
    except Interrupted:
        return INTERRUPTED
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stderr.close()
        return 0
    except (Exception, SystemExit) as error:  # SystemExit: of a library; it would end without a word
        return report_failure(error, getattr(options, "directory", None))


def make_parser(words: Sequence[str]) -> CommandParser:
    """The parser of all sub-commands, with the options of the one that `words` ask for."""
    parser = CommandParser(prog="mucode", description="Expert iteration for multi-turn code models (µCode).")
    parser.add_argument("--version", action=ShowVersion, help="print the version and the commit")
    commands = parser.add_subparsers(required=True, metavar="command", dest="command_name")
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        described = f"{command.help[0].upper()}{command.help[1:]}."
        its_parser = commands.add_parser(name, help=command.help, description=described)
        if name == asked:
            module = importlib.import_module(command.module)
            its_parser.set_defaults(execute=module.execute_command)
            module.add_options(its_parser)
    return parser


class ShowVersion(argparse.Action):
    """`--version`: asks git only if it is given."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(f"mucode {distribution_version()} (commit {source_commit()})")
        parser.exit()


if __name__ == "__main__":
    raise SystemExit(main())
