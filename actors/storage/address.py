"""Addresses of object stores: s3://bucket/path. They hold no more than that, since they are written down everywhere."""

from typing import NamedTuple
from urllib.parse import urlsplit

from sandbox.errors import UserError


class AddressError(UserError, ValueError):
    """An address that names no bucket, or says what belongs into the environment. The text holds no credentials."""


class Address(NamedTuple):
    """`path`: of the files below the bucket, without a slash at its ends; "" is the bucket itself."""

    scheme: str
    bucket: str
    path: str


def parse_address(text: str) -> Address:
    """The parts of "s3://bucket/runs". Raises AddressError."""
    parts = urlsplit(text)
    _, at, bucket = parts.netloc.rpartition("@")
    shown = f"{parts.scheme}://{bucket}{parts.path}"
    if at or parts.query or parts.fragment:
        raise AddressError(
            f"{shown} was given with a name, a key or settings in it; expected {parts.scheme}://bucket/path alone, "
            "since addresses are kept in config.json and shown. Give credentials and settings by the environment, as "
            "in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL"
        )
    if not bucket:
        raise AddressError(f"{shown!r} names no bucket; expected {parts.scheme}://bucket/path")
    return Address(parts.scheme, bucket, parts.path.strip("/"))


def check_address(text: str) -> None:
    """Raises AddressError if this is the address of an object store, and no good one. Asks nobody."""
    if text.startswith(("s3://", "gs://")):
        parse_address(text)
