"""The command line: `mucode …` and `python -m pipeline …` are the same program.

Heavy packages (torch, ray, vllm, deepspeed) are imported only by the commands that use them.
Exit status: 0 done; 1 a failure while working; 2 wrong input or a missing prerequisite, before any work; 130
interrupted.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actors.search.selectors import SELECTORS, evaluated_selectors
from pipeline.commands.extras import TRAINING_MODULES, explain_missing_module, require_modules
from pipeline.config.load import EMBEDDED, load_config, validated
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from sandbox.cli import add_actions
from sandbox.errors import NOTHING_DONE, UserError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    if not (sys.argv[1:] if arguments is None else arguments):
        parser.print_help()
        return 2
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if not getattr(options, "dry_run", False):
            require_modules(getattr(options, "modules", ()))
        return int(options.command(options))
    except KeyboardInterrupt:
        kept = "; what was committed is kept: `mucode resume DIR` continues"
        print(f"mucode: interrupted{kept if options.command in (_run, _resume, _study) else ''}", file=sys.stderr)
        return INTERRUPTED
    except UserError as error:
        return _refuse(error, error.exit_status)
    except FileNotFoundError as error:
        return _refuse(error, NOTHING_DONE)
    except ModuleNotFoundError as error:
        explained = explain_missing_module(error)
        if explained is None:
            raise
        return _refuse(explained, NOTHING_DONE)


def _interrupt(*_: object) -> None:
    """Terminated (by `ray job stop`, say) is interrupted: actors end, and the run can be resumed."""
    raise KeyboardInterrupt


def _refuse(error: Exception, status: int) -> int:
    print(f"mucode: {getattr(error, 'cause', None) or error}", file=sys.stderr)  # Ray's has a traceback for its text
    return status


def _run(options: argparse.Namespace) -> int:
    config = load_config(options.config or EMBEDDED, options.set)
    if options.dry_run:
        from pipeline.commands.estimate import describe
        from pipeline.commands.preflight import check_settings

        check_settings(config)
        print(describe(config))
        return 0
    from pipeline.commands.run import execute

    return execute(config)


def _resume(options: argparse.Namespace) -> int:
    from pipeline.commands.run import execute
    from pipeline.state.run_directory import stored_config
    from pipeline.study import sequential

    study = None if "://" in options.run_dir else sequential.stored_study(str(Path(options.run_dir).resolve()))
    if study is not None:
        if options.set:
            raise ConfigError("a study takes its settings from its file; change that, and run `mucode study FILE`")
        return sequential.execute(study)
    config = stored_config(options.run_dir)
    _require_a_run(options.run_dir)
    data = _overridden(config, options.set)
    path = Path(options.run_dir)
    if "://" not in options.run_dir:  # a run directory may have been moved
        data["run"] |= {"root": str(path.resolve().parent), "name": path.resolve().name}
    return execute(validated(data))


def _require_a_run(directory: str) -> None:
    from pipeline.commands.evaluate import EVALUATION
    from pipeline.state.store import Store

    if Store(directory if "://" in directory else str(Path(directory).resolve())).exists(EVALUATION):
        raise ConfigError(f"{directory} is an evaluation; the same `mucode eval` again continues it")


def _overridden(config: Config, overrides: list[str]) -> dict[str, Any]:
    checked = load_config(None, overrides)  # names and types, with the usual messages
    data = config.model_dump()
    for override in overrides:
        section, name = override.partition("=")[0].strip().split(".", 1)
        if (section, name) == ("protocol", "name"):
            raise ConfigError("protocol.name only fills in what a config leaves open, and this run's is complete")
        data[section][name] = getattr(getattr(checked, section), name)
    return data


def _eval(options: argparse.Namespace) -> int:
    from pipeline.commands.evaluate import evaluate, run_name

    settings = _eval_settings(options)
    named = run_name(options.model, options.dataset, [*settings, str(options.verifier), str(options.config)])
    config = load_config(options.config, [f"run.name={named}", *settings])
    return evaluate(config, options.verifier, options.out)


def _eval_settings(options: argparse.Namespace) -> list[str]:
    """The evaluation's own options as settings; `--set` comes last, and so has the last word."""
    given = {
        "eval.widths": options.n,
        "eval.passes": options.k,
        "eval.selectors": options.selectors or _possible_selectors(options),
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
    """Those of the config, or all; without a verifier only those that need none."""
    shipped = [name for name, row in SELECTORS.items() if row.default]
    names = list(load_config(options.config, options.set).eval.selectors) if options.config else shipped
    left_out = [name for name in names if SELECTORS[name].needs_scores and not options.verifier]
    if left_out and options.config:
        print(f"mucode: {', '.join(left_out)} left out: they need a verifier (--verifier DIR)", file=sys.stderr)
    return [name for name in names if name not in left_out]


def _selectors_help() -> str:
    rows = evaluated_selectors()
    plain = [name for name, row in rows.items() if row.default and not row.needs_scores]
    scored = [name for name, row in rows.items() if row.default and row.needs_scores]
    lines = " ".join(f"{name}: {row.description}" for name, row in rows.items())
    default = f"default: {','.join(plain)}; with a verifier {','.join(scored)} too"
    return f"{lines} Or your own, as package.module:NAME ({default})".replace("%", "%%")


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected numbers with commas between them, as in 1,5; found {text!r}"
        ) from None


def _study(options: argparse.Namespace) -> int:
    from pipeline.study.spec import cells, load_study

    study = load_study(options.study)
    if options.dry_run:
        from pipeline.commands.preflight import check_settings
        from pipeline.study.forecast import describe
        from pipeline.study.spec import distinct

        for config in distinct(cells(study)):
            check_settings(config)
        print(describe(study, cells(study)))
        return 0
    from pipeline.study.sequential import execute

    return execute(study)


def _report(options: argparse.Namespace) -> int:
    from pipeline.report.page import print_results, write_report
    from pipeline.state.run_directory import stored_config
    from pipeline.state.store import Store
    from pipeline.study.sequential import publish, stored_study
    from pipeline.study.spec import cells

    root = options.run_dir if "://" in options.run_dir else str(Path(options.run_dir).resolve())
    study = stored_study(root)
    if study is not None:
        print(publish(study, cells(study)))
        print(f"report: {root}/report.html")
        return 0
    stored_config(options.run_dir)  # refuses what is not a run
    store = Store(root)
    print(print_results(store))
    print(f"report: {write_report(store)}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from pipeline.commands.doctor import diagnose

    return diagnose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mucode", description="Expert iteration for multi-turn code models (µCode).")
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser("run", help="run, or continue, an expert iteration")
    run.add_argument(
        "config", nargs="*", help="TOML files, later ones win; none runs the embedded default on this machine"
    )
    _add_set(run)
    run.add_argument("--dry-run", action="store_true", help="print the resolved config and what the run will cost")
    run.set_defaults(command=_run, modules=TRAINING_MODULES)

    resume = commands.add_parser("resume", help="continue a run, or a study, from its directory")
    resume.add_argument("run_dir")
    _add_set(resume)
    resume.set_defaults(command=_resume, modules=TRAINING_MODULES)

    evaluate = commands.add_parser("eval", help="evaluate any Hugging Face model on a set of problems")
    evaluate.add_argument("--model", required=True, help="a directory or a name")
    evaluate.add_argument("--dataset", required=True, help="mbpp:test, humaneval, builtin:test, or a JSONL file")
    evaluate.add_argument("--verifier", help="a verifier checkpoint, for selectors that rank by scores")
    evaluate.add_argument("--n", type=_numbers, help="best of each of these N, as in 1,5 (default 5)")
    evaluate.add_argument("--k", type=_numbers, default=[1], help="pass@k for each of these k (default 1)")
    evaluate.add_argument(
        "--selectors",
        type=lambda text: text.split(","),
        metavar="NAME,NAME",
        help=_selectors_help(),
    )
    evaluate.add_argument("--turns", type=int, help="turns of every search (default 3)")
    evaluate.add_argument("--beam", type=int, help="histories kept from turn to turn (default 1)")
    evaluate.add_argument("--searches", type=int, help="searches of each problem, with other samples (default 1)")
    evaluate.add_argument("--limit", type=int, help="the first so many problems only")
    evaluate.add_argument("--protocol", help="default, paper or release")
    evaluate.add_argument("--out", help="a file for all numbers, JSON")
    evaluate.add_argument("--config", help="a TOML file for everything else")
    _add_set(evaluate)
    evaluate.set_defaults(command=_eval, modules=TRAINING_MODULES)

    study = commands.add_parser("study", help="carry out, or continue, a comparison of methods over several seeds")
    study.add_argument("study", help="a study file, as in configs/study-tiny.toml")
    study.add_argument("--dry-run", action="store_true", help="print the cells, what they share, and the time")
    study.set_defaults(command=_study, modules=TRAINING_MODULES)

    report = commands.add_parser("report", help="print the results of a run or a study, and write its report.html")
    report.add_argument("run_dir")
    report.set_defaults(command=_report)

    doctor = commands.add_parser("doctor", help="check Docker, Ray, the packages and this machine")
    doctor.set_defaults(command=_doctor)

    sandbox = commands.add_parser("sandbox", help="build the boxes' image, try their limits, judge programs")
    add_actions(sandbox)
    return parser


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", action="append", default=[], metavar="section.key=value", help="override one setting; repeatable"
    )


if __name__ == "__main__":
    raise SystemExit(main())
