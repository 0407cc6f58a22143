"""What a store's refusal means for a person. The texts of clients and servers may hold credentials, so none is quoted:
what is known is read out of them, and what is shown has no value of the environment's secrets in it."""

import os
import re

from sandbox.errors import UserError

STATUS = re.compile(r"status(?: code)?:? (\d{3})")
CODE = re.compile(r"<Code>(\w+)</Code>")
TRIES = re.compile(r"in ([\d.]+)(m?s), after (\d+) retries")
SECRETS = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|SERVICE_ACCOUNT")
IN_ADDRESSES = re.compile(r"://[^\s/@]+@")
SHOWN_CHARACTERS = 200
CAUSES = {
    "Connection refused": "the connection was refused",
    "dns error": "its name is not known",
    "timed out": "no reply came in time",
    "TimedOut": "no reply came in time",
    "operation timed out": "no reply came in time",
    "onnection reset": "the connection was lost",
    "onnection closed": "the connection was lost",
    "IncompleteMessage": "the connection was lost",
    "169.254.169.254": "no credentials are in the environment, and this machine has no role that gives any",
}
"""Words in the text of an error, and what they mean; the last that is found counts."""


class StorageError(UserError, RuntimeError):
    """A store does not do what it is asked: out of reach, not allowed, not able. The text says which and what to do."""


class DamagedError(UserError, RuntimeError):
    """A file of ours does not hold what was written."""


class UnreadableError(DamagedError, OSError):
    """A file that is there and cannot be read, by the system or as Parquet: libraries raise errors of several kinds."""


def explain_store_error(error: Exception, what: str, address: str) -> str:
    """One sentence: what `address` was asked, how the store answered, and what to do."""
    text = str(error)
    status, code = STATUS.search(text), CODE.search(text)
    answered = " ".join(found[1] for found in (status, code) if found)
    if (code and code[1] == "NoSuchBucket") or isinstance(error, FileNotFoundError):
        return f"{address}: there is no such bucket; make it, or mend the address"
    if type(error).__name__ in ("PermissionDeniedError", "UnauthenticatedError") or (status and status[1][0] == "4"):
        return (
            f"{address}: the store refuses to {what} it ({answered or 'not allowed'}). Check the credentials of the "
            "environment, AWS_REGION, and that they have the rights that docs/storage.md names"
        )
    said = (answered and f"answers {answered}") or _cause(text) or _shown(text)
    return (
        f"{address}: the store could not {what} it: {said}{_tries(text)}. Check that it is up and reached from here "
        "(AWS_ENDPOINT_URL, the network); the same command continues"
    )


def _cause(text: str) -> str:
    found = [meaning for words, meaning in CAUSES.items() if words in text]
    return found[-1] if found else ""


def _tries(text: str) -> str:
    found = TRIES.search(text)
    if not found:
        return ""
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    return f", {int(found[3]) + 1} times in {seconds:.0f} s"


def _shown(text: str) -> str:
    return without_secrets(" ".join(text.split("\n", 1)[0].split()))[:SHOWN_CHARACTERS]


def without_secrets(text: str) -> str:
    """A text that may be shown: without values of the environment's secrets, without names and passwords in URLs."""
    for name, value in os.environ.items():
        if SECRETS.search(name) and len(value) > 3:
            text = text.replace(value, "…")
    return IN_ADDRESSES.sub("://…@", text)
