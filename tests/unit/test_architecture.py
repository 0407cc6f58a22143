"""The house's rules: arrows point down, the sandbox stands alone, the command line answers at once."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import house_measures

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("sandbox", "actors", "pipeline")  # each may import itself and those before it
ROOMS = {  # from top to bottom; a room may import itself and those below it
    "pipeline": (
        *(
            "__main__",
            "cli",
            "commands",
            "doctor",
            "overview",
            "study",
            "execution",
            "retention",
            "running_report",
            "durations",
            "plan",
            "serving",
            "preflight",
            "export",
            "model_files",
            "episode_view",
            "report",
            "integrity",
            "iteration",
        ),
        *(
            "stages",
            "training",
            "evaluation",
            "state",
            "cluster",
            "placement",
            "sizing",
            "config",
            "trackers",
            "methods",
            "embedded",
            "errors",
        ),
    ),
    "actors": (
        *("generator_actor", "generator", "executor", "search", "scorers", "inference", "prompting", "storage"),
        *("machine", "supervision", "deadline", "memory", "threads", "allocator", "batch_tokens"),
        *("right_padding", "ids"),
    ),
    "sandbox": (
        *("__main__", "cli", "commands", "selftest", "pool", "problems", "judging", "image", "containers"),
        *(
            "languages",
            "checkers",
            "rendering",
            "guest",
            "protocol",
            "verdict",
            "problem",
            "packages",
            "processes",
            "plugins",
            "registry",
            "plugin_rows",
            "terminal",
            "json_text",
            "errors",
        ),
    ),
}
MOST_FILES = 16
"""In one room, `__init__.py` left out."""
MOST_LINES, FUNCTION_P90, MOST_ONE_WORD_NAMES = 350, 20, 0.28
HEAVY = ("torch", "ray", "vllm", "deepspeed")
NOT_IN_SANDBOX = {*HEAVY, "transformers", "pandas", "pyarrow"}
ANSWERS_WITHIN_S = {
    "run --dry-run": 1.6
}  # of CPU; it goes through the plan of all stages for their times, with pyarrow
AT_ONCE_S = 1.0

PROBE = """
import json, resource, runpy, sys
sys.argv = ["mucode", *sys.argv[1:]]
status = 0
try:
    runpy.run_module("pipeline", run_name="__main__")
except SystemExit as exit:
    status = exit.code
used = resource.getrusage(resource.RUSAGE_SELF)
heavy = sorted(name for name in HEAVY if name in sys.modules)
print("\\n" + json.dumps({"status": status, "heavy": heavy, "cpu_s": used.ru_utime + used.ru_stime}))
"""


def imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """(line, module) of every import, those inside functions and behind TYPE_CHECKING included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: -node.level + 1 or None] if node.level else []
            yield node.lineno, ".".join([*above, *([node.module] if node.module else [])])


def imports_below(folder: str) -> Iterator[tuple[str, str]]:
    """("file:line", module) of every import of every file in a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        package = ".".join(path.relative_to(ROOT).parent.parts)
        for line, module in imports(path.read_text(), package):
            yield f"{path.relative_to(ROOT)}:{line}", module


def test_imports_are_found_wherever_they_stand() -> None:
    source = (
        "import a.b, c\ndef f():\n  from d.e import g\n  from . import h\n  from .i import j\n  from ..k import l\n"
    )
    assert list(imports(source, "p.q")) == [(1, "a.b"), (1, "c"), (3, "d.e"), (4, "p.q"), (5, "p.q.i"), (6, "p.k")]


@pytest.mark.parametrize("floor", FLOORS)
def test_arrows_point_down(floor: str) -> None:
    above = FLOORS[FLOORS.index(floor) + 1 :]
    found = list(imports_below(floor))
    assert found, f"no imports below {floor}/: the test reads nothing"
    assert [(place, module) for place, module in found if module.split(".")[0] in above] == []


def room_of(module: str) -> str | None:
    """The room of "package.room.file"; None for the package itself, whose names are given on to users."""
    package, *rest = module.split(".")
    return rest[0] if package in ROOMS and rest else None


@pytest.mark.parametrize("floor", FLOORS)
def test_rooms_import_downwards(floor: str) -> None:
    upwards = []
    for place, module in imports_below(floor):
        importing = room_of(place.partition(":")[0].removesuffix(".py").replace("/", "."))
        imported = room_of(module) if module.split(".")[0] == floor else None
        if importing in (None, "__init__") or imported is None:
            continue
        if ROOMS[floor].index(importing) > ROOMS[floor].index(imported):
            upwards.append((place, module))
    assert upwards == []


@pytest.mark.parametrize("floor", FLOORS)
def test_every_room_says_what_it_is_and_is_small_enough(floor: str) -> None:
    rooms = [path for path in (ROOT / floor).rglob("__init__.py") if "programs" not in path.parts]
    silent = [str(path.relative_to(ROOT)) for path in rooms if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []
    files = {path.parent: len(list(path.parent.glob("*.py"))) - 1 for path in rooms}
    assert {str(room.relative_to(ROOT)): count for room, count in files.items() if count > MOST_FILES} == {}


@pytest.mark.parametrize("floor", FLOORS)
def test_no_floor_imports_tests_or_benchmarks(floor: str) -> None:
    assert [entry for entry in imports_below(floor) if entry[1].split(".")[0] in ("tests", "benchmarks")] == []


def test_sandbox_knows_neither_ray_nor_models() -> None:
    found = [entry for entry in imports_below("sandbox") if entry[1].split(".")[0] in NOT_IN_SANDBOX]
    parquet = "sandbox/problems/sources.py:"  # asks for pyarrow if a Parquet file is named, and does without it
    assert [entry for entry in found if not (entry[0].startswith(parquet) and "pyarrow" in entry[1])] == []


IN_THE_BOX = ("sandbox.guest", "sandbox.protocol")


def test_what_runs_inside_the_box_is_standard_library_only() -> None:
    allowed = {*sys.stdlib_module_names, "sandbox", "numpy"}  # numpy: imported late, if a test's values need it
    found = [entry for room in ("sandbox/guest", "sandbox/protocol") for entry in imports_below(room)]
    assert [entry for entry in found if entry[1].split(".")[0] not in allowed] == []
    assert [entry for entry in found if entry[1].startswith("sandbox") and not entry[1].startswith(IN_THE_BOX)] == []


OLD_RUN = "tests/data/run-0.1.0"
QUICK = (["--help"], ["run", "--help"], ["run", "--dry-run"], ["status", OLD_RUN], ["ls", "tests/data"])


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which Python keeps what it has compiled, as it does for users, wherever the tests run."""
    kept = str(tmp_path_factory.mktemp("bytecode"))
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": kept}


@pytest.mark.parametrize("arguments", QUICK, ids=" ".join)
def test_command_line_answers_without_heavy_packages(arguments: list[str], compiled: dict[str, str]) -> None:
    command = [sys.executable, "-c", PROBE.replace("HEAVY", repr(HEAVY)), *arguments]
    cpu_s, allowed = [], ANSWERS_WITHIN_S.get(" ".join(arguments), AT_ONCE_S)
    while not cpu_s or (min(cpu_s) >= allowed and len(cpu_s) < 8):  # another process may hold the cores
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, env=compiled)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout.splitlines()[-1])
        assert (answer["status"], answer["heavy"]) == (0, []), done.stderr
        cpu_s.append(answer["cpu_s"])
    assert min(cpu_s) < allowed


# ---- the measures of docs/design/house.md ---------------------------------------------------------------------------


def test_no_module_imports_itself_through_others() -> None:
    assert house_measures.import_circles(house_measures.sources(ROOT), ROOT) == []


def test_files_and_functions_stay_small() -> None:
    modules = house_measures.sources(ROOT)
    long = {str(path.relative_to(ROOT)) for path in modules if len(path.read_text().splitlines()) > MOST_LINES}
    assert long == set()
    lengths = [house_measures.length(one) for module in modules.values() for one in house_measures.functions(module)]
    assert house_measures.quantile(lengths, 0.9) <= FUNCTION_P90


def test_public_names_say_more_than_one_word() -> None:
    names = house_measures.public_names(house_measures.sources(ROOT))
    single = [name for name in names if house_measures.word_count(name) == 1]
    assert len(single) / len(names) <= MOST_ONE_WORD_NAMES
