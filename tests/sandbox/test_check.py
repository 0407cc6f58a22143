"""`sandbox check`: the interface that other people script against."""

import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sandbox.commands.check
from sandbox.commands.check import check_samples
from sandbox.errors import ProblemError

PROBLEMS = [
    {
        "task_id": "double",
        "prompt": "Double it.",
        "public_tests": ["assert f(1) == 2"],
        "private_tests": ["assert f(3) == 6", "assert abs(f(0.5) - 1) < 1e-9"],
        "reference": "def f(x): return 2 * x",
        "limits": {"cpu_limit_s": 1, "wall_limit_s": 10, "memory_mib": 256},
    },
    {
        "task_id": "sum",
        "prompt": "Add.",
        "io": "stdio",
        "private_tests": [{"input": "1 2\n", "output": "3\n"}],
        "reference": "print(sum(map(int, input().split())))",
    },
]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_results_in_the_order_of_the_samples(engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problems, out = write(tmp_path / "problems.jsonl", PROBLEMS), tmp_path / "out" / "results.jsonl"
    solutions = [
        ("double", "import time\ntime.sleep(0.5)\ndef f(x): return 2 * x", "accepted", True),
        ("double", "def f(x): return 2", "wrong_answer", False),
        ("double", "def f(x: return", "compile_error", False),
        ("sum", "print(3)", "accepted", True),
        ("sum", "print(4)", "wrong_answer", False),
        ("double", "def f(x):\n  while True: pass", "time_limit", False),
    ]
    rows = [{"task_id": name, "solution": text, "model": n} for n, (name, text, *_) in enumerate(solutions)]
    samples = write(tmp_path / "samples.jsonl", rows)  # type: ignore[arg-type]
    assert check_samples(str(problems), str(samples), out, as_json=True, boxes=2) == 0
    results = read(out)
    assert [(row["model"], row["verdict"], row["label"]) for row in results] == [
        (n, verdict, label) for n, (_, _, verdict, label) in enumerate(solutions)
    ]
    used, where = {"cpu_s", "wall_s", "peak_memory_mib"}, {"suite", "test", "line", "reason"}
    assert set(results[0]) == {"task_id", "model", "verdict", "label", "message"} | used | where
    assert all(results[0][name] in (None, "") for name in where)
    assert (results[1]["suite"], results[1]["reason"]) in (("private", "value"), ("private", "assertion"))
    either = ("got 2, expected 6", "assertion failed: abs(f(0.5) - 1) < 1e-09")  # the order is nobody's
    assert results[1]["message"] in either
    summary = json.loads(capsys.readouterr().out)
    assert summary["samples"] == 6 and summary["verdicts"]["accepted"] == 2
    assert not list(out.parent.glob("*.partial"))


@pytest.mark.parametrize("out", ["", "samples.jsonl", "problems.jsonl", "samples.jsonl/results", "/proc/none/results"])
def test_results_have_a_place_before_any_work(tmp_path: Path, out: str) -> None:
    problems = write(tmp_path / "problems.jsonl", PROBLEMS)
    samples = write(tmp_path / "samples.jsonl", [{"task_id": "sum", "solution": "print(3)"}])
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    with pytest.raises(ProblemError, match="--out"):
        check_samples(str(problems), str(samples), tmp_path / out, as_json=False, boxes=1)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_boxes_must_be_some(tmp_path: Path) -> None:
    problems, out = write(tmp_path / "problems.jsonl", PROBLEMS), tmp_path / "results.jsonl"
    with pytest.raises(ProblemError, match="--boxes: expected at least 1, found 0"):
        check_samples(str(problems), "reference", out, as_json=False, boxes=0)
    assert [path.name for path in tmp_path.iterdir()] == ["problems.jsonl"]


APPLY = {"task_id": "apply", "prompt": "", "entry_point": "f", "reference": "def f(g, x): return g(x)"}


def test_a_test_that_cannot_be_judged_is_named(
    engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that only the judge finds: what the attribute is shows when the test runs."""
    test = "import threading\ndef check(c):\n    assert c(threading.Lock(), 2) == -2\ncheck(f)"
    problems, out = write(tmp_path / "problems.jsonl", [APPLY | {"private_tests": [test]}]), tmp_path / "results.jsonl"
    assert check_samples(str(problems), "reference", out, as_json=True, boxes=1) == 1
    reason = "private test 1 cannot be judged: a lock of the tests cannot be passed to the program"
    assert str(read(out)[0]["message"]).startswith(reason)
    assert f"unjudged: apply: {reason}" in capsys.readouterr().err


def test_a_problem_that_cannot_be_judged_is_excluded(
    engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apply = APPLY | {"private_tests": ["def check(c):\n    assert c(lambda x: -x, 2) == -2\ncheck(f)"]}
    problems, out = write(tmp_path / "problems.jsonl", [PROBLEMS[0], apply]), tmp_path / "results.jsonl"
    reason = "private test 1 hands the program a function of the tests: def check(c): assert c(lambda x: -x, 2)"
    assert check_samples(str(problems), "reference", out, as_json=True, boxes=1) == 0
    assert [row["task_id"] for row in read(out)] == ["double"]
    assert f"1 problem of {problems} excluded: apply: {reason}" in capsys.readouterr().err
    samples = write(tmp_path / "samples.jsonl", [{"task_id": "apply", "solution": "def f(g, x): return g(x)"}])
    assert check_samples(str(problems), str(samples), out, as_json=True, boxes=1) == 1
    (row,) = read(out)
    assert (row["verdict"], row["label"]) == ("unjudged", None)
    assert str(row["message"]).startswith(f"excluded: {reason}")


def test_nothing_is_left_to_judge(tmp_path: Path) -> None:
    apply = APPLY | {"private_tests": ["x = 1\nassert f(lambda v: v, x) == 1"]}
    problems = write(tmp_path / "problems.jsonl", [apply])
    empty = write(tmp_path / "samples.jsonl", [])
    said = {
        "reference": "no problem of the data set can be judged",
        "null": "--samples null: there is nothing to judge",
    }
    for samples, message in (said | {str(empty): "there is nothing to judge"}).items():
        with pytest.raises(ProblemError, match=message):
            check_samples(str(problems), samples, tmp_path / "out.jsonl", as_json=False, boxes=1)


def test_problems_without_a_reference_are_left_out_and_counted(
    engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = {name: value for name, value in PROBLEMS[0].items() if name != "reference"} | {"task_id": "bare"}
    problems, out = write(tmp_path / "problems.jsonl", [*PROBLEMS, bare]), tmp_path / "results.jsonl"
    assert check_samples(str(problems), "reference", out, as_json=False, boxes=1) == 0
    assert len(read(out)) == len(PROBLEMS)
    assert "problems without a reference solution, left out: 1 (bare)" in capsys.readouterr().err


def test_reference_solutions(engine: None, tmp_path: Path) -> None:
    problems, out = write(tmp_path / "problems.jsonl", PROBLEMS), tmp_path / "results.jsonl"
    assert check_samples(str(problems), "reference", out, as_json=False, boxes=1) == 0
    assert [row["verdict"] for row in read(out)] == ["accepted", "accepted"]


def test_what_only_one_seed_accepts_is_counted(
    engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems, out = write(tmp_path / "problems.jsonl", PROBLEMS), tmp_path / "results.jsonl"
    lucky = "import random\nprint(3 if round(random.random(), 4) == 0.8444 else 0)"  # the first number of seed 0
    texts = ["print(sum(map(int, input().split())))", lucky, "print(4)"]
    samples = write(tmp_path / "samples.jsonl", [{"task_id": "sum", "solution": text} for text in texts])
    assert check_samples(str(problems), str(samples), out, as_json=True, boxes=1, second_seed=True) == 0
    assert [(row["label"], row["seed_dependent"]) for row in read(out)] == [(True, False), (True, True), (False, None)]
    assert json.loads(capsys.readouterr().out)["seed_dependent"] == 1
    assert check_samples(str(problems), str(samples), out, as_json=False, boxes=1, second_seed=True) == 0
    assert "1 of the accepted are rejected under a second seed" in capsys.readouterr().out


def test_a_reference_that_fails_is_named(engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = PROBLEMS[0] | {"task_id": "triple", "reference": "def f(x): return 3 * x"}
    problems, out = write(tmp_path / "problems.jsonl", [*PROBLEMS, wrong]), tmp_path / "results.jsonl"
    assert check_samples(str(problems), "reference", out, as_json=False, boxes=1) == 1
    assert "reference fails: triple: wrong_answer: got 3, expected 2\n" in capsys.readouterr().err
    samples = write(tmp_path / "samples.jsonl", [{"task_id": "triple", "solution": wrong["reference"]}])
    assert check_samples(str(problems), str(samples), out, as_json=False, boxes=1) == 0  # a sample may well be wrong


def test_problems_that_accept_nothing_are_named(
    engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weak = {"task_id": "weak", "prompt": "", "private_tests": ["assert f(2) is None"]}
    silent = {"task_id": "silent", "prompt": "", "io": "stdio", "private_tests": [{"input": "1", "output": ""}]}
    toothless = {"task_id": "toothless", "prompt": "", "private_tests": ["f(2) == 4"]}
    problems = write(tmp_path / "problems.jsonl", [*PROBLEMS, weak, silent, toothless])
    assert check_samples(str(problems), "null", tmp_path / "out.jsonl", as_json=False, boxes=1) == 1
    said = capsys.readouterr().err
    assert "toothless: no private test can fail" in said
    named = [line.removeprefix("accepts a program that does nothing: ") for line in said.splitlines()]
    assert [name for name in named if name in ("weak", "silent", "double", "echo")] == ["weak", "silent"]


def test_a_long_check_says_how_far_it_is(
    engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.commands.check, "PROGRESS_EVERY_S", 0.0)
    problems = write(tmp_path / "problems.jsonl", PROBLEMS)
    assert check_samples(str(problems), "reference", tmp_path / "results.jsonl", as_json=True, boxes=1) == 0
    captured = capsys.readouterr()
    assert "2 of 2 samples judged, " in captured.err
    assert json.loads(captured.out)["samples"] == 2


def test_results_replace_nothing_but_their_own_file(engine: None, tmp_path: Path) -> None:
    """Neither a file that is called like an unfinished one, nor a device, nor a link."""
    problems = write(tmp_path / "problems.jsonl", PROBLEMS)
    samples = write(tmp_path / "out.jsonl.partial", [{"task_id": "sum", "solution": "print(3)"}])
    before = samples.read_text()
    assert check_samples(str(problems), str(samples), tmp_path / "out.jsonl", as_json=True, boxes=1) == 0
    assert samples.read_text() == before and len(read(tmp_path / "out.jsonl")) == 1
    link, device = tmp_path / "link", tmp_path / "device"
    link.symlink_to("out.jsonl")
    if os.geteuid() == 0:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    else:
        device.symlink_to("/dev/null")
    for out in (link, device):
        assert check_samples(str(problems), "reference", out, as_json=True, boxes=1) == 0
    assert link.is_symlink() and len(read(tmp_path / "out.jsonl")) == 2
    assert device.is_char_device()
    assert {path.name for path in tmp_path.iterdir()} == {
        *("problems.jsonl", "out.jsonl.partial", "out.jsonl", "link", "device")
    }


def test_an_interrupted_check_waits_for_no_program_and_leaves_no_file(engine: None, tmp_path: Path) -> None:
    limits = {"cpu_limit_s": 5, "wall_limit_s": 100, "memory_mib": 256}
    problems = write(tmp_path / "problems.jsonl", [PROBLEMS[1] | {"limits": limits}])
    samples = write(tmp_path / "samples.jsonl", [{"task_id": "sum", "solution": "import time; time.sleep(90)"}])
    out = tmp_path / "results.jsonl"
    command = [sys.executable, "-m", "sandbox", "check", "--dataset", str(problems), "--samples", str(samples)]
    with subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*.partial")) and not list(tmp_path.glob(".*.partial")):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "sandbox: interrupted\n")
    assert {path.name for path in tmp_path.iterdir()} == {"problems.jsonl", "samples.jsonl"}


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    problems = tmp_path / "problems.jsonl.gz"
    data = bytearray(gzip.compress("".join(json.dumps(row) for row in PROBLEMS * 20).encode()))
    data[40:60] = bytes(20)
    problems.write_bytes(data)
    with pytest.raises(ProblemError, match=r"problems\.jsonl\.gz"):
        check_samples(str(problems), "reference", tmp_path / "out.jsonl", as_json=False, boxes=1)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            '{"task_id": "double", "solution": "x"}\n{"task_id": "nope", "solution": "x"}\n',
            "line 2: field task_id: no problem 'nope'",
        ),
        ('{"task_id": "double"}\n', "line 1: field solution"),
        ('{"task_id": "double", "solution": "x"}\n\n{oops\n', "line 3: not JSON"),
        ("[1]\n", "line 1: expected a JSON object"),
    ],
)
def test_a_bad_sample_is_refused_before_any_work(tmp_path: Path, lines: str, message: str) -> None:
    problems, samples = write(tmp_path / "problems.jsonl", PROBLEMS), tmp_path / "samples.jsonl"
    samples.write_text(lines)
    with pytest.raises(ProblemError, match=message):
        check_samples(str(problems), str(samples), tmp_path / "out.jsonl", as_json=False, boxes=1)
    assert not (tmp_path / "out.jsonl").exists()
