"""The connection to the Docker engine, with a deadline on every call."""

import os

import docker
import docker.errors
import requests

from sandbox.errors import SandboxUnavailable

CALL_DEADLINE_S = 30

ADVICE = (
    "no Docker engine answers ({reason}). Start one (`sudo systemctl start docker`, or `sudo dockerd &` if there is"
    " no systemd), or point DOCKER_HOST at one; then `docker version` must print a server version"
)

NOT_ALLOWED = (
    "the engine runs, but user {user} may not use it ({reason}). `sudo usermod -aG docker $USER`, then log in"
    " again; or run as a user who may"
)


def connect_engine(timeout_s: float | None = None) -> docker.DockerClient:
    """A client of the engine that the environment names. Raises SandboxUnavailable with the command to run."""
    try:
        client = docker.from_env(timeout=timeout_s or CALL_DEADLINE_S)  # type: ignore[arg-type]
        client.ping()
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        said = NOT_ALLOWED if "PermissionError" in str(error) else ADVICE
        reason = " at ".join([_short(error), *filter(None, [os.environ.get("DOCKER_HOST")])])
        raise SandboxUnavailable(said.format(reason=reason, user=os.getuid())) from error
    return client


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__
