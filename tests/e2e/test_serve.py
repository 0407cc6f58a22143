"""`mucode serve` with nothing replaced: a run's own policy and verifier, vLLM, boxes, and clients over HTTP."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest

from sandbox.containers.ownership import OWNER, is_dead
from sandbox.problem import FunctionTest
from sandbox.problems.load import read_problems
from tests.e2e.small_run import ROOT, wait_for

pytestmark = [pytest.mark.docker, pytest.mark.e2e, pytest.mark.slow]
KEY = "a-key-that-nobody-guesses"
START_S = 180.0
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(?=/v1)")


@pytest.fixture(scope="module")
def server(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any, Path]]:
    """The address, the process, and its log."""
    log = tmp_path_factory.mktemp("served") / "log"
    words = ["serve", str(undisturbed), "--best-of", "4", "--turns", "2", "--verifier", str(undisturbed), "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *words],
        cwd=ROOT,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        env={**os.environ, "MUCODE_API_KEY": KEY},
    )
    try:
        wait_for(lambda: ADDRESS.search(log.read_text()), process, log, START_S)
        yield ADDRESS.search(log.read_text())[0], process, log  # type: ignore[index]
    finally:
        process.kill()
        process.wait()


def ask(address: str, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {KEY}"}
    return httpx.post(f"{address}/v1/chat/completions", json=body, headers=headers, timeout=120, trust_env=False)


def test_answers_are_chosen_by_tests_in_boxes_and_by_the_verifier(server: tuple[str, Any, Path]) -> None:
    address, _, log = server
    problems = read_problems("builtin:test", ()).problems[:16]

    def search(problem: Any) -> Any:
        tests = [test.source for test in problem.public_tests if isinstance(test, FunctionTest)]
        options = {"tests": tests, "entry_point": problem.entry_point}
        return ask(address, messages=[{"role": "user", "content": problem.prompt}], seed=1, mucode=options)

    with ThreadPoolExecutor(16) as clients:
        found = list(clients.map(search, problems))
    assert {one.status_code for one in found} <= {200, 429}
    answers = [one.json() for one in found if one.status_code == 200]
    assert len(answers) >= 8 and {one["mucode"]["selector"] for one in answers} == {"pt_lv"}
    passed = [one["mucode"]["passed"] for one in answers]
    assert True in passed, passed
    assert all(one["mucode"]["score"] is not None and one["mucode"]["verifier_id"] for one in answers)
    said = [one["choices"][0]["message"]["content"] for one in answers]
    text = log.read_text()
    assert said and not any(one in text for one in said if len(one) > 20)


def test_programs_and_tests_stay_in_their_boxes(server: tuple[str, Any, Path], tmp_path: Path) -> None:
    address, _, _ = server
    prompt = read_problems("builtin:test", ()).problems[0].prompt
    proof = tmp_path / "proof"
    tests = [f"assert f(__import__('os').system('touch {proof}')) == open('{proof}', 'w')"]
    found = ask(address, messages=[{"role": "user", "content": prompt}], mucode={"tests": tests, "entry_point": "f"})
    assert found.status_code in (200, 400), found.text
    assert found.status_code == 400 or found.json()["mucode"]["passed"] is False
    assert not proof.exists()


def test_sigterm_lets_requests_end_and_leaves_no_box(server: tuple[str, Any, Path]) -> None:
    address, process, log = server
    prompt = read_problems("builtin:test", ()).problems[1].prompt
    with ThreadPoolExecutor(1) as client:
        asked = client.submit(ask, address, messages=[{"role": "user", "content": prompt}])
        wait_for(lambda: asked.running() or asked.done(), process, log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text()
        try:
            assert asked.result().status_code == 200
        except httpx.ConnectError:  # it had not arrived when the server closed its door
            assert "stops" in log.read_text()
    boxes = docker.from_env().containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
    assert [box.name for box in boxes if is_dead(box.labels)] == []
