"""cluster.yaml passes Ray's own checks, and .rayignore keeps what is large or private at home."""

import copy
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def cluster() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


def test_ray_accepts_it(cluster: dict[str, Any]) -> None:
    from ray.autoscaler._private.util import validate_config

    validate_config(with_stamp(cluster))


@pytest.mark.parametrize(
    "path, value",
    [
        (("worker_start",), []),  # an unknown key
        (("available_node_types", "sandbox", "resources", "sandbox"), "many"),
        (("available_node_types", "gpu-48g", "docker"), {"image": "x"}),
        (("head_node_type",), "nobody"),
        (("max_workers",), 1),  # fewer than the minimum of the types together
    ],
)
def test_ray_rejects_mistakes(cluster: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    import jsonschema
    from ray.autoscaler._private.util import validate_config

    wrong = with_stamp(cluster)
    place = wrong
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises((jsonschema.ValidationError, ValueError)):
        validate_config(wrong)


def test_boxes_have_a_node_type_of_their_own(cluster: dict[str, Any]) -> None:
    types = cluster["available_node_types"]
    assert {name: kind["resources"].get("sandbox", 0) > 0 for name, kind in types.items()} == {
        "head": False,
        "gpu-48g": False,
        "gpu-80g": False,
        "sandbox": True,
    }
    mounts = {name: "docker.sock" in str(kind.get("docker", "")) for name, kind in types.items()}
    assert mounts == {"head": False, "gpu-48g": False, "gpu-80g": False, "sandbox": True}
    assert "docker.sock" not in str(cluster["docker"])


def test_every_ray_process_demands_the_token(cluster: dict[str, Any]) -> None:
    starts = [
        command
        for key in ("head_start_ray_commands", "worker_start_ray_commands")
        for command in cluster[key]
        if "ray start" in command
    ]
    assert len(starts) == 2
    assert all("RAY_AUTH_MODE=token" in command for command in starts)
    assert "--dashboard-host=127.0.0.1" in starts[0]


def with_stamp(cluster: dict[str, Any]) -> dict[str, Any]:
    """As Ray's launcher hands it to its check: with what it fills in itself."""
    return copy.deepcopy(cluster) | {"cluster_synced_files": []}


# -- what a job uploads ---------------------------------------------------------------------------------------------

TRAVELS = {
    "cluster.yaml",
    "configs/laptop.toml",
    "pipeline/cli.py",
    "pipeline/embedded/model.safetensors",
    "sandbox/problems/data/rows.json",  # only the `data` at the top stays
    "sandbox/image/Dockerfile",
}
STAYS = {
    ".env",
    ".git/HEAD",
    ".hypothesis/x",
    ".mypy_cache/x",
    ".pytest_cache/x",
    ".ruff_cache/x",
    ".venv/bin/python",
    "build/x",
    "data/problems.jsonl",
    "mucode.egg-info/PKG-INFO",
    "pipeline/__pycache__/cli.cpython-311.pyc",
    "runs/embedded/config.json",
    "runs/embedded/iter-0/episodes/part-00000.parquet",
    "tests/unit/test_cli.py",
    "run.log",
}


@pytest.mark.parametrize("gitignore", [True, False])
def test_a_job_uploads_the_code_and_nothing_else(tmp_path: Path, gitignore: bool) -> None:
    folder = tmp_path / "checkout"
    for name in TRAVELS | STAYS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    for name in (".rayignore", ".gitignore"):
        (folder / name).write_text((ROOT / name).read_text())
    assert uploaded(folder, tmp_path / "upload.zip", gitignore) == TRAVELS | {".rayignore", ".gitignore"}


def test_this_checkout_is_small_enough_to_upload(tmp_path: Path) -> None:
    files = uploaded(ROOT, tmp_path / "upload.zip", gitignore=True)
    assert {"pipeline/cli.py", "actors/search/episode.py", "sandbox/verdict.py"} <= files
    assert sum((ROOT / name).stat().st_size for name in files) < 20 * 2**20


def uploaded(folder: Path, archive: Path, gitignore: bool) -> set[str]:
    """The files that Ray packs, asked of Ray itself."""
    from ray._private.runtime_env.packaging import create_package

    create_package(str(folder), archive, include_gitignore=gitignore, include_parent_dir=False, excludes=[])
    with zipfile.ZipFile(archive) as packed:
        return {name for name in packed.namelist() if not name.endswith("/")}
