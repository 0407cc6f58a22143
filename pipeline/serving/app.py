"""The endpoint as an ASGI application: /v1/chat/completions, /v1/models, /health.

Nothing of what is asked or answered is logged: a failure is noted by the request's number and the kind of its error.
`MUCODE_DEBUG=1` adds the traceback, which may show texts.
"""

import asyncio
import logging
import os
import time
import uuid
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actors.deadline import DeadlineError
from actors.inference.engine import EngineError
from pipeline.serving.answer import completion
from pipeline.serving.api_error import ApiError, too_late, unavailable
from pipeline.serving.backend import SearchBackend
from pipeline.serving.gate import Gate, error_response
from pipeline.serving.places import Places
from pipeline.serving.plan import ServedModel, search_plan
from pipeline.serving.problem import read_problem
from pipeline.serving.request import read_request

T = TypeVar("T")
logger = logging.getLogger(__name__)
GONE = 499
"""The status that nobody reads: who asked has gone."""


def make_app(backend: SearchBackend, served: ServedModel, key: str = "") -> Starlette:
    """`key`: see `Gate`."""
    endpoint = _Endpoint(backend, served)
    routes = [
        Route("/health", endpoint.health),
        Route("/v1/models", endpoint.models),
        Route("/v1/chat/completions", endpoint.complete, methods=["POST"]),
    ]
    return Starlette(
        routes=routes, middleware=[Middleware(Gate, key=key)], exception_handlers={HTTPException: _no_such_path}
    )


async def _no_such_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return error_response(ApiError(error.status_code, f"{request.method} {request.url.path[:100]}: {error.detail}"))


class _Endpoint:
    def __init__(self, backend: SearchBackend, served: ServedModel) -> None:
        self.backend, self.served = backend, served
        self.places = Places(served.limits.in_flight, served.limits.queued)
        self.started = int(time.time())

    async def health(self, request: Request) -> Response:
        if not self.backend.alive:
            return error_response(unavailable("the engine is lost; start the server again"))
        return JSONResponse({"status": "ok"})

    async def models(self, request: Request) -> Response:
        model = {"id": self.served.name, "object": "model", "created": self.started, "owned_by": "mucode"}
        return JSONResponse({"object": "list", "data": [model]})

    async def complete(self, request: Request) -> Response:
        """Always an answer of OpenAI's form, whatever went wrong."""
        request_id, seconds = f"chatcmpl-{uuid.uuid4().hex}", self.served.limits.deadline_s
        try:
            async with asyncio.timeout(seconds):
                return JSONResponse(await self._complete(request, request_id))
        except ApiError as error:
            return error_response(error)
        except TimeoutError:
            return error_response(too_late(seconds))
        except ClientDisconnect:
            return error_response(ApiError(GONE, "the client has gone"))
        except (EngineError, DeadlineError) as error:
            self._note(request_id, error)
            return error_response(unavailable("the engine failed; see the server's log"))
        except Exception as error:  # of whatever kind: its text may hold a program, so it is for nobody else
            self._note(request_id, error)
            return error_response(ApiError(500, f"request {request_id} failed", kind="server_error", code="internal"))

    async def _complete(self, request: Request, request_id: str) -> dict[str, Any]:
        limits = self.served.limits
        _require_json(request)
        asked = read_request(await _read_body(request, limits.body_bytes))
        if asked.model not in (None, self.served.name):
            raise ApiError(404, f"there is no such model; expected {self.served.name}", parameter="model")
        problem = read_problem(asked, limits)
        plan = search_plan(asked, problem, self.served, scores=self.backend.scores)
        async with self.places.place():  # not before the body is there: who sends it slowly keeps nobody waiting
            episode = await _while_connected(request, self.backend.search(problem, plan))
        return completion(episode, request_id, self.served.name, tested=bool(problem.public_tests))

    def _note(self, request_id: str, error: Exception) -> None:
        debug = bool(os.environ.get("MUCODE_DEBUG"))
        logger.error("request %s failed: %s", request_id, type(error).__name__, exc_info=error if debug else None)


def _require_json(request: Request) -> None:
    """A page of a browser may send other kinds to any address without asking."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "expected Content-Type: application/json")


async def _read_body(request: Request, most: int) -> bytes:
    said = request.headers.get("content-length", "0")
    too_large = ApiError(413, f"expected a body of at most {most} bytes")
    if not said.isdecimal() or int(said[:20]) > most:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise too_large
    return bytes(body)


async def _while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which ends if the client goes."""
    task, gone = asyncio.create_task(work), asyncio.create_task(_disconnected(request))
    task.add_done_callback(_take_notice)
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return await task
    finally:
        task.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _take_notice(task: "asyncio.Task[Any]") -> None:
    """Of an error that nobody waits for any more, which would be logged with its text."""
    if not task.cancelled():
        task.exception()
