"""What Ray needs of this machine, and whether the cluster that RAY_ADDRESS names answers."""

import os
from pathlib import Path

from pipeline.cluster.local_folders import check_socket_paths, token_can_be_kept
from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, good
from pipeline.preflight.ray_address import check_ray_address


def find_ray(_: Surroundings) -> Finding:
    """Raises ResourceError for folders that Ray cannot use, and for an address at which no Ray answers."""
    address, mode = os.environ.get("RAY_ADDRESS"), os.environ.get("RAY_AUTH_MODE", "unset")
    if address:
        check_ray_address(address)
        text = f"RAY_ADDRESS {address} answers; `mucode doctor --cluster` looks at its nodes"
    else:
        check_socket_paths()
        text = "RAY_ADDRESS unset: a run starts Ray on this machine"
    text += f"; RAY_AUTH_MODE {mode}"
    if not token_can_be_kept():
        return good("ray", text + "; the home directory takes no token, so each run has one of its own")
    if mode == "unset" and (Path.home() / ".ray" / "auth_token").exists():
        asks = "a token exists, so `ray start` asks for one: export RAY_AUTH_MODE=token before `ray job submit`"
        return good("ray", f"{text}; {asks}")
    return good("ray", text)
