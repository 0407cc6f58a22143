"""A runner that a package brings for its own language: both sides of a conversation, executed in boxes.

A program is lines `name = sum`; a test is `name == number`. Standard library only.
"""

import json
import os
import sys
from typing import Any


def send(message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    os.write(3, len(data).to_bytes(4, "big") + data)


def receive() -> Any:
    head = os.read(4, 4)
    return json.loads(os.read(4, int.from_bytes(head, "big"))) if head else None


def run_program(body: dict[str, Any]) -> None:
    names = {}
    for line in body["program"].splitlines():
        name, _, terms = line.partition(" = ")
        names[name] = sum(map(int, terms.split(" + ")))
    send({"loaded": True})
    while (message := receive()) is not None:
        name = message["do"][1]
        unknown = {"type": "Unknown", "base": "Exception", "text": name}
        send({"value": names[name]} if name in names else {"raised": unknown})


def run_tests(body: dict[str, Any]) -> None:
    for number, test in enumerate(body["tests"]):
        name, _, expected = test.partition(" == ")
        send({"ask": {"do": ["get", name]}})
        answer = receive()
        wrong = {"got": answer.get("value"), "expected": int(expected)} if "value" in answer else answer
        send({"test": number, "failure": None if answer.get("value") == int(expected) else wrong})
    send({"finished": True})


if __name__ == "__main__":
    with os.fdopen(5) as file:
        request = json.load(file)
    run_tests(request) if sys.argv[1] == "tests" else run_program(request)
