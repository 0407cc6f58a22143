"""Answers that are begun for the model: what stands before its own words, and where the engine ends them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunAnswer:
    """The frame of an answer. The whole of it is the assistant's turn: in the history, in episodes, in training.

    beginning  what the engine is given behind the header of the answer; it continues there
    stops      texts that end the answer; none of them is part of what the model wrote
    closing    what is put behind the model's words, unless they were cut at the limit or end with it already
    """

    beginning: str = ""
    stops: tuple[str, ...] = ()
    closing: str = ""

    def whole(self, written: str, cut: bool) -> str:
        """The assistant's turn around what the engine wrote."""
        closed = cut or not self.closing or written.rstrip().endswith(self.closing.strip())
        return f"{self.beginning}{written}{'' if closed else self.closing}"


UNBEGUN = BegunAnswer()
"""All is the model's own."""
