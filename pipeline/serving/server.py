"""Running the endpoint: a bound socket first, then what takes long to start, then uvicorn until SIGTERM or Ctrl-C."""

import asyncio
import logging
import signal
import socket

from starlette.applications import Starlette

from actors.storage.checkpoint import Checkpoint
from pipeline.errors import ConfigError
from pipeline.serving.app import make_app
from pipeline.serving.backend import open_backend
from pipeline.serving.plan import ServedModel
from pipeline.sizing.choices import Sizes
from pipeline.trackers.console import say

GRACE_S = 30
"""For requests under way when the server is told to stop."""
CONNECTIONS = 256


def bind_socket(host: str, port: int) -> socket.socket:
    """A socket that nobody can reach yet. Raises ConfigError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        raise ConfigError(f"--host {host} --port {port} cannot be used: {error}; name another port") from None
    return bound


def run_endpoint(
    served: ServedModel, sizes: Sizes, policy: Checkpoint, verifier: Checkpoint | None, bound: socket.socket, key: str
) -> None:
    """Serve until SIGTERM or Ctrl-C. Requests under way are answered, for at most GRACE_S; then boxes and engine end.

    Raises UserErrors of what cannot be started.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_run(served, sizes, policy, verifier, bound, key))


async def _run(
    served: ServedModel, sizes: Sizes, policy: Checkpoint, verifier: Checkpoint | None, bound: socket.socket, key: str
) -> None:
    say("starts boxes, engine" + (" and verifier" if verifier else "") + ": up to a minute for a small model")
    backend = await open_backend(served.config, sizes, policy, verifier)
    try:
        host, port = bound.getsockname()[:2]
        say(f"serves {served.name} on http://{f'[{host}]' if ':' in host else host}:{port}/v1")
        await _until_stopped(make_app(backend, served, key), bound)
        say("stops")
    finally:
        await backend.close()


async def _until_stopped(app: Starlette, bound: socket.socket) -> None:
    import uvicorn

    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises again what it has heard, when all is answered
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
    )
    await uvicorn.Server(config).serve(sockets=[bound])
