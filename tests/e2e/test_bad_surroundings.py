"""What surrounds a run and is broken, for real, is said before Ray starts: in one or two lines, and nothing is left.

Whatever can be broken within this process is; what needs another user, mount or limit is a process of its own.
"""

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipeline import cli
from pipeline.preflight import run_folder
from tests.support.breakage import OWN_MOUNTS, ROOT, free_port, listening, mucode, mucode_as_nobody

EMBEDDED = ROOT / "pipeline" / "embedded" / "generator"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    run_folder._require_writable.cache_clear()


def said_by(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the refused command says on standard error; it ends with 2, at once, without a process of its own."""
    children = set(psutil.Process().children(recursive=True))
    capsys.readouterr()
    assert cli.main(words) == 2
    said = capsys.readouterr().err
    lines = [line for line in said.splitlines() if not line.startswith("note: ")]
    assert 1 <= len(lines) <= 2 and "Traceback" not in said, said
    assert set(psutil.Process().children(recursive=True)) <= children
    return " ".join(lines)


def run_words(root: Path | str, *settings: str) -> list[str]:
    return ["run", *(word for one in (f"run.root={root}", *settings) for word in ("--set", one))]


# ---- run.root -------------------------------------------------------------------------------------------------------


def test_a_root_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs").write_text("x")
    said = said_by(capsys, *run_words(tmp_path / "runs" / "below"))
    assert f"run.root = '{tmp_path}/runs/below': no folder can be made at" in said
    assert f"{tmp_path}/runs is a file. Choose another folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_run_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("x")
    assert f"{tmp_path}/mine is no run: " in said_by(capsys, *run_words(tmp_path, "run.name=mine"))


def test_a_folder_of_other_things_is_not_taken_for_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    said = said_by(capsys, *run_words(tmp_path, "run.name=mine"))
    assert f"{tmp_path}/mine is no run: it holds 'thesis.tex' and no config.json" in said
    assert "Choose another run.name or run.root" in said
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("command", ["run", "report", "resume", "verify"])
def test_an_address_that_nothing_opens(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = {"run": run_words("foo://x"), "verify": ["runs", "verify", "foo://x"]}.get(command, [command, "foo://x"])
    assert "'foo://x' begins with foo://, which nothing here opens; expected a path" in said_by(capsys, *words)


@pytest.mark.parametrize("command", ["run", "report", "resume", "verify"])
def test_a_store_that_nobody_serves(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    address = "s3://nowhere/runs"
    words = {"run": run_words(address), "verify": ["runs", "verify", address]}.get(command, [command, address])
    said = said_by(capsys, *words)
    assert "s3://nowhere/runs" in said and "the connection was refused, 3 times in" in said


def test_a_bucket_that_is_not_there(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by(capsys, *run_words("s3://no-such-bucket-here/runs"))
    assert "there is no such bucket; make it, or mend the address" in said
    assert "is not a run directory" in said_by(capsys, "report", f"{bucket}/runs/never")


def test_a_disk_that_is_too_small_for_all_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = shutil.disk_usage(tmp_path)._replace(free=(1 << 30) + 1)
    monkeypatch.setattr(run_folder.shutil, "disk_usage", lambda path: small)  # a disk of 1 GiB to fill is not had here
    said = said_by(capsys, *run_words(tmp_path, "run.iterations=2000"))
    assert "has 1.0 GiB free, and this run will write about" in said and "lower run.iterations" in said


# ---- Ray ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:{free}", "no Ray answers there (connection refused)"),
        ("no-such-host.invalid:6379", "no Ray answers there (the name no-such-host.invalid is not known)"),
        ("http://10.0.0.1:8265", "is the address of a dashboard, .* as in RAY_ADDRESS=10.0.0.1:6379"),
        ("local", "unset it; a run starts Ray on this machine by itself"),
        ("10.0.0.1", "expected HOST:PORT, as in 10.0.0.1:6379"),
        ("10.0.0.1:99999", "expected HOST:PORT"),
    ],
)
def test_an_address_without_a_ray(
    address: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = address.format(free=free_port())
    monkeypatch.setenv("RAY_ADDRESS", address)
    said = said_by(capsys, *run_words(tmp_path / "runs"))
    assert said.startswith(f"mucode: RAY_ADDRESS = {address!r}")
    for part in words.split(" .* "):
        assert part in said
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9\r\n"], ids=["http", "ssh"])
def test_another_server_than_ray(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(answer) as port:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
        said = said_by(capsys, *run_words(tmp_path / "runs"))
    assert "no Ray answers there (what listens on that port is no Ray)" in said


def test_a_server_that_never_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.preflight import ray_address

    assert ray_address.REACH_DEADLINE_S == 10
    monkeypatch.setattr(ray_address.check_ray_address, "__defaults__", (0.5,))
    with listening(None) as port:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
        assert "no Ray answers there (no reply in 0.5 s)" in said_by(capsys, *run_words(tmp_path / "runs"))


# ---- models ---------------------------------------------------------------------------------------------------------


def without_weights(model: Path) -> None:
    (model / "model.safetensors").unlink()


def with_half_of_its_weights(model: Path) -> None:
    data = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(data[: len(data) // 2])


def with_a_pointer_file(model: Path) -> None:
    (model / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


def without_a_tokenizer(model: Path) -> None:
    (model / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (without_weights, "model.safetensors is missing; copy the model again"),
        (with_half_of_its_weights, "bytes, its header says"),
        (with_a_pointer_file, "is it a pointer file? Copy the model again"),
        (without_a_tokenizer, "has no tokenizer: expected tokenizer.json"),
    ],
    ids=["missing", "truncated", "pointer", "tokenizer"],
)
@pytest.mark.parametrize("dry", [True, False], ids=["dry-run", "run"])
def test_a_model_that_is_not_whole(
    break_it: Callable[[Path], None], words: str, dry: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    shutil.copytree(EMBEDDED, model)
    break_it(model)
    more = ["--dry-run"] if dry else []
    said = said_by(capsys, *run_words(tmp_path / "runs", f"model.generator={model}"), *more)
    assert f"model.generator = '{model}': " in said and words in said
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_says_which_models_it_did_not_look_up(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("model.generator='org/NoSuch'", "model.verifier='org/NoVerifier'")
    assert cli.main([*run_words("runs", *names), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "note: model.generator = 'org/NoSuch' is not on this machine and was not looked up" in said
    assert "note: model.verifier = 'org/NoVerifier' is not on this machine and was not looked up" in said


# ---- what needs a process: another user, another mount, another limit -----------------------------------------------


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
    assert 1 <= len(lines) <= 2 and "Traceback" not in done.stderr, done.stderr
    return " ".join(lines)


@pytest.mark.slow
def test_shared_memory_of_one_mebibyte(tmp_path: Path) -> None:
    mount = "mount -t tmpfs -o size=1m tmpfs /dev/shm"
    said = refused(mucode(*run_words(tmp_path / "runs"), behind=OWN_MOUNTS, shell=mount))
    assert "/dev/shm has 1 MiB free of 1 MiB, and at least" in said
    assert "`docker run --shm-size=2g`" in said and "emptyDir: {medium: Memory}" in said
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_too_few_open_files(tmp_path: Path) -> None:
    said = refused(mucode(*run_words(tmp_path / "runs"), shell="ulimit -n 256"))
    assert "processes may have 256 files open here, and at least 1024 are needed; `ulimit -n 65536`" in said
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("ro", "run.root = '{place}/runs': {place}/runs cannot be written: {place}: Read-only file system"),
        ("size=64m", "{place} has 64 MiB free, at least 1024 MiB are needed; free some, or set run.root"),
        ("nr_inodes=1", "{place}/runs cannot be written: {place}: No space left on device"),
    ],
    ids=["read-only", "small", "inodes"],
)
def test_a_root_on_a_bad_mount(options: str, words: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    mount = f"mount -t tmpfs -o {options} tmpfs {place}"
    said = refused(mucode(*run_words(place / "runs"), behind=OWN_MOUNTS, shell=mount))
    assert words.format(place=place) in said


@pytest.fixture
def for_nobody() -> Iterator[Path]:
    """A folder in which anybody may work."""
    folder = Path("/tmp") / f"mucode-nobody-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_no_right_to_write(for_nobody: Path) -> None:
    place = for_nobody / "of-root"
    place.mkdir(mode=0o755)
    said = refused(mucode_as_nobody(for_nobody, *run_words(place / "runs")))
    assert f"{place}/runs cannot be written: {place}: Permission denied. Choose a folder" in said


@pytest.mark.slow
@pytest.mark.docker
def test_no_right_on_the_engines_socket(for_nobody: Path) -> None:
    path = Path("/var/run/docker.sock")
    if not path.exists() or path.stat().st_mode & stat.S_IWOTH:
        pytest.skip("the engine's socket is not here, or open to everybody")
    said = refused(mucode_as_nobody(for_nobody, *run_words(for_nobody / "runs")))
    assert "the engine runs, but user 65534 may not use it" in said and "sudo usermod -aG docker $USER" in said
    assert not (for_nobody / "runs").exists()


def test_usage_is_that_of_the_sub_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["eval", "--foo"])
    assert ended.value.code == 2
    assert "usage: mucode eval " in capsys.readouterr().err


def test_wrong_types_name_the_file_or_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f'[eval]\nselectors = "pt"\n[run]\nroot = {json.dumps(str(tmp_path / "runs"))}\n')
    assert said_by(capsys, "run", str(file)) == (
        f"mucode: eval.selectors = 'pt': expected a list, as in [\"pt\"] (from {file})"
    )
