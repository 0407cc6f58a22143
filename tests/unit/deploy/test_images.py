"""deploy/images/Dockerfile: facts that its text must hold; docs/deploy.md says what was built."""

import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatch

import pytest

from tests.support.cluster_nodes import ROOT
from tests.support.kuberay import document

TARGETS = ("head", "worker", "executor")


@dataclass
class Stage:
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [words for found, words in self.steps if found == instruction]


def stages() -> tuple[dict[str, str], dict[str, Stage]]:
    """Build arguments before the first stage, and stages by name."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "deploy" / "images" / "Dockerfile").read_text(), flags=re.MULTILINE)
    arguments: dict[str, str] = {}
    found: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        instruction, _, words = line.partition(" ")
        if instruction == "FROM":
            base, _, name = words.partition(" AS ")
            found[name] = Stage(base)
        elif found:
            list(found.values())[-1].steps.append((instruction, words))
        elif instruction == "ARG":
            arguments.update([words.split("=", 1)])
    return arguments, found


ARGUMENTS, STAGES = stages()


def test_the_base_is_pinned_and_has_the_python_of_the_locks() -> None:
    version = re.fullmatch(r"python:(3\.\d+)-slim-\w+", ARGUMENTS["BASE"])
    assert version
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert needs.startswith(f">={version[1]},")
    assert f"--python-version {version[1]}" in (ROOT / "Makefile").read_text()
    assert all(stage.base in ("${BASE}", *STAGES) for stage in STAGES.values())


@pytest.mark.parametrize("target", TARGETS)
def test_images_run_as_a_user_without_rights(target: str) -> None:
    stage = STAGES[target]
    assert stage.base == "base"  # no compiler, no source of packages of the stages that install
    assert stage.all("USER") == ["1000:1000"]
    user = [number for number, (instruction, _) in enumerate(stage.steps) if instruction == "USER"]
    assert "--from=" in stage.all("COPY")[0]
    assert not {"RUN", "COPY"} & {instruction for instruction, _ in stage.steps[user[0] :]}


def test_nothing_secret_comes_in() -> None:
    text = (ROOT / "deploy" / "images" / "Dockerfile").read_text()
    assert not re.search(r"^ADD ", text, re.MULTILINE)
    for name in ("base", *TARGETS):  # what the images are made of; sources of packages end with the stage `code`
        names = " ".join(words for kind in ("ARG", "ENV") for words in STAGES[name].all(kind))
        assert not re.search(r"TOKEN|SECRET|PASSWORD|INDEX|LINKS", names), name


def test_what_is_copied_is_there_and_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [words.split()[:-1] for words in STAGES["code"].all("COPY")]
    assert copied
    for source in [source for sources in copied for source in sources]:
        assert (ROOT / source).exists(), source
        assert source in allowed, source


@pytest.mark.parametrize("name", [".env", "pipeline/.env", "sandbox/keys/server.pem"])
def test_private_files_stay_outside(name: str) -> None:
    """The last pattern that matches decides, as Docker reads the file."""
    kept = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.lstrip("!").removeprefix("**/")
        inside = name == pattern or name.startswith(f"{pattern}/")
        if inside or fnmatch(name.rpartition("/")[2], pattern):
            kept = line.startswith("!")
    assert not kept


def test_every_image_of_the_manifests_is_a_target() -> None:
    named = {image["name"] for image in document("kustomization.yaml")["images"]} - {"docker"}
    assert named == {f"mucode-{target}" for target in TARGETS}
    assert "head worker executor" in (ROOT / "scripts" / "images.sh").read_text()


def test_the_locks_hold_rays_version_of_pyproject() -> None:
    train = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["train"]
    (ray,) = (name.rpartition("==")[2] for name in train if name.startswith("ray["))
    assert re.search(rf"^ray=={re.escape(ray)} ", (ROOT / "requirements" / "gpu.txt").read_text(), re.MULTILINE)
