"""The endpoint, asked as nobody should ask it: the real application, with stand-ins for engine and boxes alone."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from actors.search.request_cache import RolloutServices
from pipeline.config.load import load_config
from pipeline.serving.app import make_app
from pipeline.serving.backend import SearchBackend
from pipeline.serving.limits import ServingLimits
from pipeline.serving.plan import ServedModel
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict, outcome_without_tests
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox, watched

KEY = "a-key-that-nobody-guesses"
SECRET = "def nobody_shall_read_this(): pass"
ASKED = {"messages": [{"role": "user", "content": "Write f."}]}
Client = httpx.AsyncClient


def judge_as_a_pool(problem: Problem, program: str, suite: Suite) -> Outcome:
    """All tests pass; a suite without any says what the pool says of it."""
    if suite != "probes" and not problem.tests(suite):
        return outcome_without_tests(suite)
    return Outcome(verdict=Verdict.ACCEPTED)


def make_server(engine: FakeEngine | None = None, key: str = "", **limits: Any) -> Any:
    config = load_config(None, ["dialogue.style=bare", "rollouts.max_tokens=64", "eval.temperature=0.7"])
    services = RolloutServices(
        engine=watched(engine or FakeEngine()),
        tokenizer=ByteTokenizer(),
        judge=FakeSandbox(judge_as_a_pool),
        max_context=100_000,
    )
    bounds = ServingLimits(**{"best_of": 4, "turns": 3, **limits})
    return make_app(SearchBackend(services), ServedModel(name="tiny", config=config, limits=bounds), key)


def talk(app: Any, talking: Callable[[Client], Awaitable[Any]], host: str = "127.0.0.1:8000") -> Any:
    async def run() -> Any:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with Client(transport=transport, base_url=f"http://{host}") as client:
            return await talking(client)

    return asyncio.run(run())


def ask(app: Any, body: Any = ASKED, host: str = "127.0.0.1:8000", **options: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **options.pop("headers", {})}
    return talk(
        app, lambda client: client.post("/v1/chat/completions", content=content, headers=headers, **options), host
    )


def refusal(found: httpx.Response, status: int) -> dict[str, Any]:
    """The error, which has OpenAI's form."""
    assert found.status_code == status, found.text
    error = found.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"} and error["message"]
    return dict(error)


def with_options(**options: Any) -> dict[str, Any]:
    return {**ASKED, "mucode": options}


# ---- what is answered ------------------------------------------------------------------------------------------------


def test_a_plain_chat_is_answered_once() -> None:
    engine = FakeEngine()
    found = ask(make_server(engine)).json()
    assert (found["object"], found["model"]) == ("chat.completion", "tiny")
    assert found["choices"][0]["message"] == {"role": "assistant", "content": "answer = 0"}
    assert found["choices"][0]["finish_reason"] == "stop"
    assert found["mucode"]["passed"] is None and found["mucode"]["answers"] == 1
    assert found["usage"]["total_tokens"] == found["usage"]["prompt_tokens"] + found["usage"]["completion_tokens"]
    assert [(sampling.n, sampling.temperature) for _, sampling in engine.requests] == [(1, 0.0)]


def test_tests_make_it_a_search_whose_seed_decides() -> None:
    body = {**with_options(tests=["assert f() == 1"], best_of=3, turns=2), "seed": 5}
    engine = FakeEngine()
    first, again = (ask(make_server(engine), body).json() for _ in range(2))
    assert (first["mucode"], first["choices"]) == (again["mucode"], again["choices"])
    assert (first["mucode"]["selector"], first["mucode"]["best_of"], first["mucode"]["passed"]) == ("pt", 3, True)
    assert [sampling.n for _, sampling in engine.requests] == [3, 3]


def test_models_and_health_are_told() -> None:
    app = make_server()
    assert talk(app, lambda client: client.get("/v1/models")).json()["data"][0]["id"] == "tiny"
    assert talk(app, lambda client: client.get("/health")).json() == {"status": "ok"}


# ---- who may ask -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}", KEY]
)
def test_without_the_key_nothing_is_answered(given: str | None) -> None:
    engine = FakeEngine()
    app, headers = make_server(engine, KEY), {} if given is None else {"Authorization": given}
    assert refusal(ask(app, headers=headers), 401)["type"] == "authentication_error"
    assert talk(app, lambda client: client.get("/v1/models", headers=headers)).status_code == 401
    assert talk(app, lambda client: client.get("/health")).status_code == 200
    assert engine.requests == []


def test_the_key_opens_from_everywhere() -> None:
    assert ask(make_server(key=KEY), headers={"Authorization": f"Bearer {KEY}"}, host="example.org").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.7:8000", "localhost.evil.example"])
def test_without_a_key_no_other_name_is_answered(host: str) -> None:
    refusal(ask(make_server(), host=host), 403)


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_without_a_key_this_machine_is_answered(host: str) -> None:
    assert ask(make_server(), host=host).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_browser_sends_without_asking_is_refused(kind: str) -> None:
    refusal(ask(make_server(), headers={"Content-Type": kind}), 415)


def test_other_paths_and_methods_are_refused_in_the_same_form() -> None:
    app = make_server()
    refusal(talk(app, lambda client: client.get("/v1/completions")), 404)
    refusal(talk(app, lambda client: client.get("/v1/chat/completions")), 405)


# ---- what is too much ------------------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    refusal(ask(make_server(body_bytes=1000), b" " * 1001), 413)
    refusal(ask(make_server(), headers={"Content-Length": "9" * 5000}), 413)
    refusal(ask(make_server(), headers={"Content-Length": "-1"}), 413)


def test_a_body_of_unknown_length_is_read_to_the_limit_alone() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 100

    headers = {"Content-Type": "application/json"}
    post = lambda client: client.post("/v1/chat/completions", content=endless(), headers=headers)  # noqa: E731
    refusal(talk(make_server(body_bytes=1000), post), 413)
    assert sent <= 12


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    headers = {"Content-Type": "application/json"}
    post = lambda client: client.post("/v1/chat/completions", content=silent(), headers=headers)  # noqa: E731
    refusal(talk(make_server(deadline_s=0.05), post), 504)


@pytest.mark.parametrize(
    "body, parameter, status",
    [
        (with_options(tests=["assert f()"] * 101), "mucode.tests", 413),
        (with_options(tests=[f"assert f() == {'1' * 20_000}"]), "mucode.tests", 413),
        (with_options(tests=[{"input": "1" * 10_000, "output": "1" * 10_001}]), "mucode.tests", 413),
        ({"messages": [{"role": "user", "content": "x" * 100_001}]}, "messages", 413),
        (with_options(best_of=5), "mucode.best_of", 400),
        (with_options(turns=4), "mucode.turns", 400),
    ],
)
def test_more_than_the_limits_is_refused(body: Any, parameter: str, status: int) -> None:
    engine = FakeEngine()
    assert refusal(ask(make_server(engine), body), status)["param"] == parameter
    assert engine.requests == []


# ---- what is no request ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, parameter",
    [
        (b"", None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', None),
        ([], None),
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "Write f."}, "messages"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}, "messages"),
        ({"messages": [{"role": "root", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": "x"}] * 2}, "messages"),
        ({**ASKED, "temperature": "0.5"}, "temperature"),
        ({**ASKED, "temperature": True}, "temperature"),
        ({**ASKED, "temperature": -1}, "temperature"),
        (b'{"messages": [{"role": "user", "content": "x"}], "temperature": NaN}', None),
        ({**ASKED, "top_p": 0}, "top_p"),
        ({**ASKED, "max_tokens": 0}, "max_tokens"),
        ({**ASKED, "max_tokens": 1.5}, "max_tokens"),
        ({**ASKED, "seed": 1 << 80}, "seed"),
        ({**ASKED, "n": 2}, "n"),
        ({**ASKED, "stream": True}, "stream"),
        ({**ASKED, "tools": [{}]}, "tools"),
        ({**ASKED, "mucode": []}, "mucode"),
        (with_options(preamble="import os"), "mucode.preamble"),
        (with_options(checker_source="x"), "mucode.checker_source"),
        (with_options(tests="assert f()"), "mucode.tests"),
        (with_options(tests=[1]), "mucode.tests"),
        (with_options(tests=[{"input": "1"}]), "mucode.tests"),
        (with_options(tests=["assert f()", {"input": "1", "output": "2"}]), "mucode.tests"),
        (with_options(tests=["assert ("]), "mucode.tests"),
        (with_options(tests=["("] * 3), "mucode.tests"),
        (with_options(tests=["assert f() == " + "(" * 9000]), "mucode.tests"),
        (with_options(tests=["assert f() == " + "-" * 15_000 + "1"]), "mucode.tests"),
        (with_options(tests=["assert f()"], best_of="2"), "mucode.best_of"),
        (with_options(tests=["assert f()"], best_of=0), "mucode.best_of"),
        (with_options(tests=["assert f()"], entry_point="f()"), "mucode.entry_point"),
        (with_options(language="antigravity:geohash"), "mucode.language"),
        (with_options(selector="oracle"), "mucode.selector"),
        (with_options(selector="antigravity:geohash"), "mucode.selector"),
        (with_options(selector="lv"), "mucode.selector"),
        (with_options(selector="pt"), "mucode.selector"),
        ({**with_options(tests=["assert f()"]), "temperature": 0}, "temperature"),
    ],
)
def test_what_is_no_request_is_refused(body: Any, parameter: str | None) -> None:
    engine = FakeEngine()
    found = refusal(ask(make_server(engine), body), 400)
    assert found["type"] == "invalid_request_error" and len(found["message"]) < 600
    assert (found["param"] or "").startswith(parameter or "")
    assert engine.requests == [] and "antigravity" not in sys.modules


def test_another_model_is_not_there() -> None:
    assert refusal(ask(make_server(), {**ASKED, "model": "gpt-4"}), 404)["param"] == "model"


def test_a_prompt_without_room_is_refused() -> None:
    app = make_server()
    body = {"messages": [{"role": "user", "content": "x" * 99_999}]}
    assert refusal(ask(app, body), 400)["code"] == "context_length_exceeded"


# ---- time, queue, failures -------------------------------------------------------------------------------------------


def test_a_late_answer_is_given_up_and_its_place_is_free_again() -> None:
    engine = FakeEngine(latency_s=30)
    app = make_server(engine, deadline_s=0.5, in_flight=1, queued=0)

    async def late_then_quick(client: Client) -> list[httpx.Response]:
        late = await client.post("/v1/chat/completions", json=ASKED)
        engine.latency_s = 0
        return [late, await client.post("/v1/chat/completions", json=ASKED)]

    late, quick = talk(app, late_then_quick)
    assert refusal(late, 504)["code"] == "deadline"
    assert quick.status_code == 200


def test_a_full_queue_is_said_at_once() -> None:
    app = make_server(FakeEngine(latency_s=0.2), in_flight=1, queued=1)

    async def three(client: Client) -> list[httpx.Response]:
        return await asyncio.gather(*(client.post("/v1/chat/completions", json=ASKED) for _ in range(3)))

    found = sorted(talk(app, three), key=lambda one: one.status_code)
    assert [one.status_code for one in found] == [200, 200, 429]
    assert refusal(found[2], 429)["code"] == "queue_full" and found[2].headers["Retry-After"] == "1"


def test_who_goes_is_not_worked_for() -> None:
    engine = FakeEngine(latency_s=30)
    app, sent = make_server(engine, in_flight=1, queued=0), []
    scope = {
        **{"type": "http", "method": "POST", "path": "/v1/chat/completions", "query_string": b"", "root_path": ""},
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
    }

    async def leave() -> None:
        messages = [{"type": "http.request", "body": json.dumps(ASKED).encode()}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await asyncio.wait_for(app(scope, receive, send), 5)
        assert asyncio.all_tasks() == {asyncio.current_task()} or await _settled()

    async def _settled() -> bool:
        await asyncio.sleep(0.05)
        return asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(leave())
    assert sent[0]["status"] == 499


def test_a_failure_says_nothing_of_the_texts(caplog: pytest.LogCaptureFixture) -> None:
    def fail(chat: str, seed: int) -> str:
        raise RuntimeError(f"{chat} {SECRET}")

    with caplog.at_level(logging.DEBUG):
        found = refusal(ask(make_server(FakeEngine(write=fail))), 500)
    assert found["message"].startswith("request chatcmpl-") and SECRET not in found["message"]
    assert "RuntimeError" in caplog.text and SECRET not in caplog.text and "Write f." not in caplog.text


def test_an_answered_request_leaves_no_text_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert ask(make_server(FakeEngine(write=lambda chat, seed: SECRET))).status_code == 200
    assert SECRET not in caplog.text and "Write f." not in caplog.text


def test_a_lost_engine_is_told() -> None:
    app = make_server(FakeEngine(policy_id=""))
    refusal(talk(app, lambda client: client.get("/health")), 503)
    refusal(ask(app), 503)
