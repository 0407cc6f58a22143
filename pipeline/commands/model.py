"""`mucode model`: make a model directory of a GGUF file, and see whether one can work."""

import argparse
from pathlib import Path

from pipeline.commands.extras import require_modules
from pipeline.commands.options import parse_count
from pipeline.model_files.directory import check_directory
from pipeline.model_files.gguf import DTYPES, import_gguf
from pipeline.model_files.limited import limited_example


def add_options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="action", dest="action")
    make = actions.add_parser("import", help="make a Hugging Face directory of a GGUF file")
    make.add_argument("file", type=Path, help="a model in the GGUF format that transformers reads")
    make.add_argument("--out", type=Path, required=True, help="the directory to make")
    make.add_argument("--dtype", choices=DTYPES, default=DTYPES[0], help="of the weights (default: %(default)s)")
    check = actions.add_parser("check", help="read a model directory's files, without its weights")
    check.add_argument("directory", type=Path)
    check.add_argument("--max-tokens", type=parse_count, help="the context that it is to have, as model.max_tokens")


def execute_command(options: argparse.Namespace) -> int:
    return _import(options) if options.action == "import" else _check(options)


def _import(options: argparse.Namespace) -> int:
    require_modules(("transformers", "torch", "gguf", "accelerate"))
    print(
        f"reads {options.file}, writes it in {options.dtype}, compares the two: minutes for a large model", flush=True
    )
    made = import_gguf(options.file, options.out, options.dtype)
    tied = ", output tied to the embedding" if made.tied else ""
    print(f"{made.directory}: {made.architecture}, {made.parameters / 1e6:.0f} M parameters in {made.dtype}{tied}")
    print(f"ends a turn: {', '.join(made.ends)}; named {made.policy_id}")
    print(
        f"{made.dtype} against the file's weights, log-probabilities: mean difference {made.rounding.mean:.2g}, "
        f"largest {made.rounding.largest:.2g}, likeliest token the same in {made.rounding.same_choice:.1%}"
    )
    print(f"next: mucode model check {made.directory}")
    return 0


def _check(options: argparse.Namespace) -> int:
    for line in check_directory(options.directory, options.max_tokens):
        print(f"ok    {line}")
    example = limited_example(options.directory)
    if example is None:
        print("-     its chat template was not tried: that needs tokenizer.json, and the extra `cpu` or `gpu`")
        return 0
    print("ok    the chat template, with what is trained in ⟦ ⟧:\n")
    print(f"{example.prompt}⟦{example.target}⟧")
    return 0
