"""`mucode export`: a policy or a verifier of a run as a plain Hugging Face directory with a model card."""

import argparse

from pipeline.commands.extras import require_modules
from pipeline.commands.options import named_directory

WHAT = ("generator", "verifier")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", metavar="RUN", help="the directory or address of a run")
    parser.add_argument("--out", required=True, help="the folder to make; it must be new or empty")
    parser.add_argument(
        "--iteration",
        type=parse_iteration,
        help="whose model; 0: the base model (default: of the iteration that the run returns, by protocol.returned)",
    )
    parser.add_argument("--what", choices=WHAT, default=WHAT[0], help="which model (default: %(default)s)")


def parse_iteration(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected the number of an iteration, found {text!r}")
    return int(text)


def execute_command(options: argparse.Namespace) -> int:
    from pipeline.export.directory import export_model, require_free_place
    from pipeline.export.subject import find_subject

    out, root = require_free_place(options.out), named_directory(options.run_dir)
    require_modules(("pyarrow", "transformers"))
    subject = find_subject(root, options.what, options.iteration)
    which = f', which the run returns (protocol.returned = "{subject.config.protocol.returned}")'
    print(f"{subject.title}{which if subject.returned else ''}, policy id {subject.checkpoint.policy_id}", flush=True)
    made = export_model(subject, out)
    print(f"{made.checkpoint.path}: written, every file verified; README.md is its card")
    if options.what == "generator":
        print(f"ends a turn: {', '.join(made.facts.ends.values())}")
        print(f"next: vllm serve {made.checkpoint.path}")
    return 0
