"""What the boxes' image holds, by a listing of its files: the same, whether a registry answered or not."""

import io
import re
import sys
import tarfile
from pathlib import PurePosixPath

import docker
import pytest

from sandbox.containers.docker_client import connect_engine
from sandbox.errors import SandboxUnavailable
from sandbox.image import build, rootfs
from sandbox.pool.pool import Pool
from tests.sandbox.problems import function

LIBRARY = f"usr/local/lib/python{rootfs.VERSION}"
SHELLS = {"sh", "bash", "dash", "busybox", "ash", "zsh", "perl", "apt", "apt-get", "dpkg", "pip", "pip3", "ld", "gcc"}
ENGINES_OWN = {
    ".dockerenv",
    "etc/hostname",
    "etc/hosts",
    "etc/resolv.conf",
    "etc/mtab",
    "dev/console",
    "dev/pts",
    "dev/shm",
}
ABSENT = {
    "idlelib",
    "tkinter",
    "turtle",
    "turtledemo",
    "ensurepip",
    "lib2to3",
    "pydoc_data",
    "test",
    "antigravity",
    "this",
}
"""Modules of the standard library that an image leaves out, or that do something when they are imported."""
OTHER_SYSTEMS = {"msilib", "msvcrt", "nt", "winreg", "winsound", "_winapi", "_msi", "_overlapped", "nturl2path"}


def members(client: docker.DockerClient, image: str) -> list[tarfile.TarInfo]:
    container = client.containers.create(image, ["python3"], network_mode="none")
    try:
        with tarfile.open(fileobj=io.BytesIO(b"".join(container.export()))) as tar:
            return tar.getmembers()
    finally:
        container.remove(force=True)


def listing(client: docker.DockerClient, image: str) -> set[str]:
    """What a program can tell from names: libraries by name without version, modules without their compiled form."""
    names = {entry.name.removeprefix("./").rstrip("/") for entry in members(client, image)} - {"", "."}
    kept = [name for name in names if name not in ENGINES_OWN and "__pycache__" not in name]
    return {re.sub(r"(-[0-9a-f]{8})?(\.cpython-\S+)?\.so(\.[0-9.]+)?$", ".so", name) for name in kept}


def test_an_image_holds_what_it_promises_and_nothing_that_runs_commands(engine: None) -> None:
    client = connect_engine()
    entries = members(client, build.ensure_image(client))
    names = {entry.name.removeprefix("./") for entry in entries}
    assert {"usr/share/zoneinfo/Europe/Berlin", "usr/share/zoneinfo/UTC", "usr/lib/locale/C.utf8/LC_CTYPE"} <= names
    assert {f"{LIBRARY}/{name}" for name in ("json/__init__.py", "site-packages/numpy/__init__.py")} <= names
    programs = {PurePosixPath(entry.name).name for entry in entries if entry.isfile() and "bin/" in entry.name}
    assert programs == {f"python{rootfs.VERSION}"} and not programs & SHELLS
    assert [entry.name for entry in entries if entry.mode & 0o6000 and entry.isfile()] == []
    assert not names & {"etc/localtime", "etc/ssl/certs", "root", "home"}
    tops = {name.split("/")[0] for name in names} - {"", "."}
    assert tops - {".dockerenv"} <= {*rootfs.FOLDERS, "usr", "lib", "lib64"}


def test_every_module_of_the_standard_library_can_be_imported(engine: None, pool: Pool) -> None:
    """Of those that this machine's Python has; a distribution may lack some (curses, dbm)."""
    here = sorted(name for name in sys.stdlib_module_names - ABSENT - OTHER_SYSTEMS if _is_here(name))
    program = (
        "import importlib\ndef f(names):\n  lost = []\n  for name in names:\n    try: importlib.import_module(name)\n"
    )
    program += "    except ImportError as e: lost.append(f'{name}: {e}')\n  return lost"
    outcome = pool.judge(function(f"assert f({here}) == []"), program, "private")
    assert outcome.accepted, outcome.message


def _is_here(name: str) -> bool:
    try:
        __import__(name)
    except ImportError:
        return False
    return True


SYSTEM = {
    "locale of the environment": ("locale.setlocale(locale.LC_ALL, '')", "'C.UTF-8'"),
    "its encoding": ("(locale.setlocale(locale.LC_ALL, 'C.UTF-8'), locale.getpreferredencoding())[1]", "'UTF-8'"),
    "case of letters": ("(locale.setlocale(locale.LC_ALL, ''), locale.strxfrm('ß'))[1] != ''", "True"),
    "UTC": ("str(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('UTC')))", "'2024-07-01 00:00:00+00:00'"),
    "Berlin": (
        "str(datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset())",
        "'2:00:00'",
    ),
    "many zones": ("len(zoneinfo.available_timezones()) > 400", "True"),
    "names of users": ("__import__('pwd').getpwuid(__import__('os').getuid()).pw_name", "'nobody'"),
}


@pytest.mark.parametrize("name", SYSTEM)
def test_locale_and_time_zones_are_those_of_an_ordinary_machine(pool: Pool, name: str) -> None:
    value, expected = SYSTEM[name]
    program = f"import datetime, locale, zoneinfo\ndef f(): return {value}"
    outcome = pool.judge(function(f"assert f() == {expected}"), program, "private")
    assert outcome.accepted, outcome.message


@pytest.mark.slow
def test_the_image_of_a_registry_lists_what_the_offline_one_lists(engine: None) -> None:
    client = connect_engine()
    try:
        client.images.get_registry_data(build.REGISTRY_BASE)
    except (docker.errors.DockerException, OSError):
        pytest.skip("no image registry answers")
    tags = ["mucode-sandbox-test:registry", "mucode-sandbox-test:offline"]
    try:
        build.build_from_registry(client, tags[0])
        build.build_offline(client, tags[1])
        there, here = (listing(client, tag) for tag in tags)
    except SandboxUnavailable as error:
        pytest.fail(str(error))
    finally:
        for tag in tags:
            client.images.remove(tag, force=True)
    differing = {
        name for name in there ^ here if name.startswith((f"{LIBRARY}/", "usr/share", "usr/lib", "etc", "opt"))
    }
    optional = {name for name in differing if "lib-dynload/" in name}  # what each Python was built with
    assert differing - optional == set()


def test_the_recipe_of_both_images_makes_the_root_file_system(tmp_path: object) -> None:
    """The Dockerfile runs these files alone, under these names: they need nothing else of the package."""
    import subprocess
    from pathlib import Path

    folder = Path(str(tmp_path))
    for name in ("__init__.py", *build.RECIPE, *build.LIBRARIES_RECIPE):
        target = folder / "sandbox" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("" if name == "__init__.py" else (build.SANDBOX / name).read_text())
    text = build.DOCKERFILE.read_text()
    (command,) = re.findall(r'python -c "(.*)"', text)
    command = command.replace("'/out'", repr(str(folder / "out")))
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    alone = [sys.executable, "-c", "from sandbox.image.libraries import gather_libraries"]
    subprocess.run(alone, cwd=folder, check=True, env={"PATH": "/usr/bin:/bin"})
    made = {path.name for path in (folder / "out").iterdir()}
    assert made == {*rootfs.FOLDERS, "usr", *made & {"lib", "lib64"}}
    assert (folder / "out/usr/share/zoneinfo/Europe/Berlin").is_file()
    assert (folder / f"out/usr/local/bin/python{rootfs.VERSION}").is_file()
