"""The two sides of a conversation in one process; what they say goes through JSON and the host's check."""

import json
from typing import Any

from sandbox.guest.judge_box import remote
from sandbox.guest.program_box.objects import Objects
from sandbox.judging.answers import plain_answer


class TwoBoxes:
    """`patch` is pytest's: the channel of the tests' side is this one while a test runs."""

    def __init__(self, patch: Any, names: dict[str, Any]) -> None:
        self.objects = Objects(names)
        self.answers: list[Any] = []
        patch.setattr(remote, "send_message", self.send)
        patch.setattr(remote, "receive_message", lambda: self.answers.pop())
        patch.setattr(remote, "_known", {})

    def send(self, message: dict[str, Any]) -> None:
        if "ask" in message:
            answer = self.objects.answer(json.loads(json.dumps(message["ask"])))
            self.answers.append(plain_answer(json.loads(json.dumps(answer))))
