"""The verifier: a reward for (prompt, answer), read at the end-of-turn token of their chat."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actors.batch_tokens import length_batches
from actors.inference.adapter import HEAD, base_directory, find_adapter
from actors.inference.merged_tensors import merge_adapter
from actors.memory import is_out_of_memory
from actors.prompting.chat_template import ChatTemplateError, end_token_ids, example_ids
from actors.right_padding import padding_mask
from actors.scorers.scorer import Pair, ScorerError
from actors.storage.checkpoint import CheckpointError, fetch_checkpoint

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def verifier_ids(tokenizer: Any, prompt: str, response: str) -> list[int]:
    """Ids of the chat [user: prompt, assistant: response], up to its end of turn: no history, as in the paper."""
    return example_ids(tokenizer, [{"role": "user", "content": prompt}], response)[0]


def verifier_rewards(model: Any, ids: "Tensor", mask: "Tensor") -> "Tensor":
    """(R,) fp32 logits at the last token of each right-padded row."""
    return model.score(last_hidden_states(model, ids, mask))[:, 0].float()


def last_hidden_states(model: Any, ids: "Tensor", mask: "Tensor") -> "Tensor":
    """(R, H) what the head sees: the backbone's output at the last token of each right-padded row.

    By the mask, not by the padding id: a model whose padding is its end of turn would be read one too early.
    """
    import torch

    seen = padding_mask(model, mask)
    hidden: Tensor = model.base_model(input_ids=ids, attention_mask=seen, use_cache=False).last_hidden_state
    return hidden[torch.arange(len(ids), device=ids.device), mask.sum(1) - 1]


def padded_rows(rows: Sequence[Sequence[int]], device: "torch.device | str") -> "tuple[Tensor, Tensor]":
    """Ids and mask (R, T) of right-padded rows."""
    import torch

    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=device)
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    return ids, mask


def padding_id(tokenizer: Any) -> int:
    """A padding id that ends no answer, so that other readers of the checkpoint find the last token too."""
    ends = end_token_ids(tokenizer)
    candidates = (tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.bos_token_id, *range(len(ends) + 1))
    return next(token for token in candidates if token is not None and token not in ends)


class LearnedVerifier:
    """Scores answers with a trained verifier.

    An answer that is too long or cannot be rendered scores NaN, with its status; it never stops the others.
    """

    def __init__(
        self, checkpoint_dir: str, *, dtype: str = "float32", max_tokens: int = 2048, batch_tokens: int = 16384
    ) -> None:
        """Load from a local directory or an s3:// … address. `batch_tokens`: padded tokens per forward pass."""
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        path = fetch_checkpoint(checkpoint_dir)
        self.path = path
        self.max_tokens, self.batch_tokens, self.batches = max_tokens, batch_tokens, 0
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        base, adapter = base_directory(path), find_adapter(path)
        if adapter is not None and HEAD not in adapter.whole:  # a fresh head would give scores of chance
            raise CheckpointError(f"{path} is no verifier: it holds an adapter without a head ({HEAD}); train one")
        labels = {} if adapter is None else {"num_labels": 1}
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        model = AutoModelForSequenceClassification.from_pretrained(base, dtype=getattr(torch, dtype), **labels)
        merge_adapter(model, path)
        kinds = str(model.config.architectures)
        if adapter is None and (model.config.num_labels != 1 or "SequenceClassification" not in kinds):
            raise CheckpointError(
                f"{path} is no verifier ({model.config.architectures}, {model.config.num_labels} labels); "
                "train one, or give a sequence-classification model with num_labels = 1"
            )
        self.model = model.to(self.device).eval()

    def score_pairs(self, pairs: Sequence[Pair]) -> list[float]:
        """Raw logit of each (prompt, response), in order; NaN if its status is not "ok".

        Raises CheckpointError if the chat template fails on every one of them.
        """
        scores, statuses = self.score_with_status(pairs)
        if statuses and all(status.startswith("error") for status in statuses):
            raise CheckpointError(f"{self.path} cannot read an answer: {statuses[0]}")
        return scores

    def score_with_status(self, pairs: Sequence[Pair]) -> tuple[list[float], list[str]]:
        """Logits, and for each pair "ok", "too_long" or "error: …"."""
        rows, statuses = [], []
        for prompt, response in pairs:
            ids, status = self._ids(prompt, response)
            rows.append(ids)
            statuses.append(status)
        scores = [math.nan] * len(rows)
        order = sorted((i for i, status in enumerate(statuses) if status == "ok"), key=lambda i: len(rows[i]))
        for batch in length_batches(order, list(map(len, rows)), self.batch_tokens):
            for number, value in zip(batch, self._forward([rows[i] for i in batch]), strict=True):
                scores[number] = value
            self.batches += 1
        return scores, statuses

    def _ids(self, prompt: str, response: str) -> tuple[list[int], str]:
        if not (isinstance(prompt, str) and isinstance(response, str)):
            return [], f"error: expected two texts, found {type(prompt).__name__} and {type(response).__name__}"
        try:
            ids = verifier_ids(self.tokenizer, prompt, response)
        except ChatTemplateError as error:
            return [], f"error: {error}"
        return ids, "ok" if len(ids) <= self.max_tokens else "too_long"

    def _forward(self, rows: list[list[int]]) -> list[float]:
        import torch

        ids, mask = padded_rows(rows, self.device)
        try:
            with torch.inference_mode():
                return verifier_rewards(self.model, ids, mask).tolist()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise ScorerError(
                f"the verifier ran out of memory on {ids.numel()} padded tokens: lower training.micro_batch_tokens = "
                f"{self.batch_tokens}, which bounds them, or verifier.max_tokens = {self.max_tokens}"
            ) from error
