"""A server on this machine that speaks S3, moto's, as a process of its own: `python -m tests.support.s3_server`."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEY_ID, SECRET, TOKEN = (
    "AKIDNOBODYSHALLREAD0",
    "secret/nobody+shall/read/0123456789abcdef",
    "token-nobody-shall-read-42",
)
CREDENTIALS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}


def environment(endpoint: str) -> dict[str, str]:
    """What a user sets to reach it."""
    return {**CREDENTIALS, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint, "NO_PROXY": "127.0.0.1"}


@contextmanager
def started_server() -> Iterator[str]:
    """Its endpoint; it ends with the body, and with this process."""
    command = [sys.executable, "-m", "tests.support.s3_server"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        endpoint = process.stdout.readline().strip()
        assert endpoint.startswith("http://127.0.0.1:"), f"the server ended with {process.poll()}"
        yield endpoint
    finally:
        process.kill()
        process.wait()


def make_bucket(endpoint: str, bucket: str) -> str:
    """The bucket's address."""
    with urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{bucket}", method="PUT")):
        return f"s3://{bucket}"


def serve() -> None:
    import logging

    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve()
