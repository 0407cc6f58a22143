"""Special tokens of a tokenizer: which of them end a turn, and how they are told from text that looks like them."""

import re
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

MARK = "\ue000"
"""Of a private use area: around each text that looks like a special token and is none."""
MARKERS = ("<|eot_id|>", "<|im_end|>", "<|end|>")
PROBE = "mucode"


@dataclass(frozen=True, slots=True)
class _Specials:
    ends: frozenset[int]
    texts: re.Pattern[str] | None


_known: "WeakKeyDictionary[Any, _Specials]" = WeakKeyDictionary()


def end_token_ids(tokenizer: Any) -> frozenset[int]:
    """Tokens that end an answer: eos, the usual markers that the vocabulary has, and what the template writes there."""
    return _specials(tokenizer).ends


def literal(tokenizer: Any, text: str) -> str:
    """The text with a MARK on either side of all that looks like a special token, and without any other."""
    texts = _specials(tokenizer).texts
    text = text.replace(MARK, "")
    return texts.sub(lambda found: f"{MARK}{found[0]}{MARK}", text) if texts else text


def _specials(tokenizer: Any) -> _Specials:
    """Looked up once: a vocabulary of 150,000 tokens takes a tenth of a second."""
    if tokenizer not in _known:
        added = getattr(tokenizer, "added_tokens_decoder", {})
        special = {number: token.content for number, token in added.items() if token.special}
        ends = {tokenizer.eos_token_id, _written_end(tokenizer, special)}
        vocabulary = tokenizer.get_vocab()
        ends.update(vocabulary[token] for token in MARKERS if token in vocabulary)
        words = sorted(map(re.escape, special.values()), key=len, reverse=True)
        texts = re.compile("|".join(words)) if words else None
        _known[tokenizer] = _Specials(frozenset(ends - {None}), texts)
    return _known[tokenizer]


def _written_end(tokenizer: Any, special: dict[int, str]) -> int | None:
    """The special token behind an answer, as the template writes it; None if there is none or it cannot be rendered."""
    chat = [{"role": "user", "content": "-"}, {"role": "assistant", "content": PROBE}]
    try:
        rest = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=False).rpartition(PROBE)[2]
    except Exception:  # whoever renders a real chat is told
        return None
    ids = tokenizer.encode(rest.lstrip(), add_special_tokens=False) if rest.strip() else []
    return ids[0] if ids and ids[0] in special else None
