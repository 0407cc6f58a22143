"""Who may ask: holders of the key; without a key this machine alone, and no page of a browser on it."""

import hmac
import ipaddress
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.errors import ConfigError
from pipeline.serving.api_error import ApiError

KEY_VARIABLE = "MUCODE_API_KEY"
LEAST_KEY = 16
"""Characters of a key: a shorter one can be guessed."""
OPEN = ("/health",)
"""Paths that need no key: they say nothing about anybody's requests."""


class Gate:
    """An ASGI middleware in front of everything.

    `key`: what `Authorization: Bearer …` must hold; "": whoever names this machine as the host may ask, which pages of
    other sites cannot.
    """

    def __init__(self, app: ASGIApp, key: str = "") -> None:
        self.app, self._key = app, key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(scope)) is not None:
            await error_response(refusal)(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> ApiError | None:
        headers = Headers(scope=scope)
        if not self._key:
            return None if is_this_machine(_host(headers)) else ApiError(403, "this server answers 127.0.0.1 alone")
        if scope["path"] in OPEN:
            return None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._key):
            return None
        return ApiError(
            401,
            "expected the key of this server: Authorization: Bearer KEY",
            kind="authentication_error",
            code="no_key",
        )


def error_response(error: ApiError) -> JSONResponse:
    headers: dict[str, Any] = {429: {"Retry-After": "1"}, 401: {"WWW-Authenticate": "Bearer"}}.get(error.status, {})
    return JSONResponse(error.body(), error.status, headers)


def is_this_machine(host: str) -> bool:
    """Whether a name or address is that of this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_safe(host: str, key: str) -> None:
    """Raises ConfigError for a key that is too short, or a host that others reach without one."""
    if key and (len(key) < LEAST_KEY or not key.isascii() or not key.isprintable() or " " in key):
        raise ConfigError(f"{KEY_VARIABLE} is set: expected at least {LEAST_KEY} letters, digits and signs, no space")
    if not key and not is_this_machine(host):
        raise ConfigError(
            f"--host {host} lets others ask this machine to run programs; set a key in the environment variable "
            f"{KEY_VARIABLE} ({LEAST_KEY} characters or more), or leave --host out"
        )


def _host(headers: Headers) -> str:
    """The host of a request without its port."""
    host = headers.get("host", "")
    return host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0]
