"""Packed texts are read without executing anything, and without more memory than they may take."""

import base64
import io
import pickle
import zlib

import pytest

from sandbox.problems.published.packed import PackedError, unpack_text


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


class Hostile:
    """Unpickled, it would run a command."""

    def __reduce__(self) -> tuple[object, ...]:
        return eval, ("1 / 0",)


class Persistent(pickle.Pickler):
    def persistent_id(self, obj: object) -> object:
        return "somewhere" if obj == "x" else None


def with_a_persistent_id() -> bytes:
    stream = io.BytesIO()
    Persistent(stream).dump("x")
    return stream.getvalue()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("text", ["", '[{"input": "1", "output": "ä\\n"}]', "long " * 20_000])
def test_a_text_comes_back(text: str, protocol: int) -> None:
    assert unpack_text(packed(pickle.dumps(text, protocol))) == text


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pickle.dumps(Hostile()), "does more than hold one text: GLOBAL|STACK_GLOBAL|REDUCE|SHORT_BINUNICODE"),
        (pickle.dumps(["a"]), "does more than hold one text"),
        (pickle.dumps(b"bytes"), "does more than hold one text"),
        (pickle.dumps(("a", "b")), "does more than hold one text"),
        (with_a_persistent_id(), "does more than hold one text"),
        (b"cos\nsystem\n(S'true'\ntR.", "does more than hold one text: GLOBAL"),
        (pickle.dumps("a")[:-1], "no pickle"),
        (pickle.dumps("a") + b"more", "something follows its pickle"),
        (b"\x80\x04\x8d" + (1 << 62).to_bytes(8, "little") + b"abc.", "no pickle"),
        (b"\x80\x04.", "holds no text"),
        (b"plain", "no pickle|does more"),
    ],
)
def test_anything_else_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(PackedError, match=why):
        unpack_text(packed(data))


def test_a_number_that_asks_for_memory_gets_none() -> None:
    """`LONG_BINPUT 0xffffffff`: pickle's own reader would make room for as many entries."""
    text = b"\x80\x02X\x01\x00\x00\x00ar\xff\xff\xff\xff."
    assert unpack_text(packed(text)) == "a"


def test_a_text_that_grows_beyond_the_bound_is_refused() -> None:
    bomb = packed(pickle.dumps("0" * 10_000_000))
    assert len(bomb) < 20_000
    with pytest.raises(PackedError, match="more than 1000000 bytes when unpacked"):
        unpack_text(bomb, most_bytes=1_000_000)
    with pytest.raises(PackedError, match="characters, expected at most"):
        unpack_text("A" * 21, most_bytes=10)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("not base64!", "no base64"),
        ("ä", "no base64"),
        (base64.b64encode(b"plain").decode(), "not compressed"),
        (base64.b64encode(zlib.compress(pickle.dumps("a"))[:-5]).decode(), "its end is missing"),
        (base64.b64encode(zlib.compress(pickle.dumps("a")) + b"x").decode(), "something follows it"),
    ],
)
def test_what_is_not_packed_is_refused(text: str, why: str) -> None:
    with pytest.raises(PackedError, match=why):
        unpack_text(text)
