"""A proxy before a server that answers some requests wrongly, late, or not at all."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What becomes of a request: a `status` with S3's `code`, a reply after `late_s`, or a connection that is cut. One
    that is `carried_out` reaches the server, and the reply is what is lost."""

    status: int = 503
    code: str = "SlowDown"
    late_s: float = 0.0
    cut: bool = False
    carried_out: bool = False


Faults = Callable[[str, str], Fault | None]
"""(method, path) → what goes wrong."""


class FaultyProxy(ThreadingHTTPServer):
    """`faults` may be changed at any time; `requests` are (method, path) in their order."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.endpoint = f"http://127.0.0.1:{self.server_port}"
        self.faults: Faults = lambda method, path: None
        self.requests: list[tuple[str, str]] = []


@contextmanager
def started_proxy(upstream: str) -> Iterator[FaultyProxy]:
    with FaultyProxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyProxy

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.command, self.path))
        fault = self.server.faults(self.command, self.path)
        if fault is None:
            self._reply(*self._forward(body))
            return
        if fault.carried_out:
            self._forward(body)
        time.sleep(fault.late_s)
        self.close_connection = True
        if not fault.cut and not fault.late_s:
            said = f"<Error><Code>{fault.code}</Code><AWSAccessKeyId>{self._key_id()}</AWSAccessKeyId></Error>"
            self._reply(fault.status, {"Content-Type": "application/xml"}, said.encode())

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle

    def _key_id(self) -> str:
        """As S3 says it in its errors."""
        return self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.server.upstream)
        connection.request(self.command, self.path, body or None, dict(self.headers))
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), data

    def _reply(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response_only(status)
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(data)))
        if self.close_connection:  # else the client may send its next request into a connection that ends unread
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None: ...
