"""Losses and masks against values derived by hand; no model weights, no Ray."""

import math
from array import array
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import transformers

from actors.prompting.chat_template import example_ids
from actors.scorers.verifier import padding_id, verifier_rewards
from pipeline.config.losses import bradley_terry, cross_entropy
from pipeline.training.collate import collate_examples
from pipeline.training.examples import TrainingExample
from pipeline.training.pair_loss import PairLoss
from pipeline.training.target_loss import SMALL_VOCABULARY, TargetLoss, target_loss_sum
from pipeline.training.zero import learning_rate_factor
from tests.support.tiny_models import tiny_tokenizer


def test_bradley_terry() -> None:
    """Margin 0 costs ln 2. Margin ln 3 has sigmoid 3/4, so it costs ln 4 - ln 3. L2 adds half of r+² + r-²."""
    margin = torch.tensor([0.0, math.log(3)])
    losses = bradley_terry(margin, torch.zeros(2), reward_l2=0.0)
    assert losses.tolist() == pytest.approx([math.log(2), math.log(4) - math.log(3)], abs=1e-6)
    squared = bradley_terry(torch.tensor([3.0]), torch.tensor([3.0]), reward_l2=0.1)
    assert squared.item() == pytest.approx(math.log(2) + 0.1 * (9 + 9) / 2, abs=1e-6)


def test_cross_entropy_judges_both_answers() -> None:
    """r+ = ln 3: -ln(3/4). r- = ln 3: -ln(1 - 3/4) = ln 4. Their mean is (2 ln 4 - ln 3) / 2."""
    loss = cross_entropy(torch.tensor([math.log(3)]), torch.tensor([math.log(3)]))
    assert loss.item() == pytest.approx((2 * math.log(4) - math.log(3)) / 2, abs=1e-6)


class Countdown(torch.nn.Module):
    """Gives token v at position t the logit t·v, and remembers at how many places its head was asked."""

    def __init__(self, vocabulary: int = 4) -> None:
        super().__init__()
        self.config = transformers.LlamaConfig(vocab_size=vocabulary)
        self.head = torch.nn.Linear(1, vocabulary, bias=False)
        self.head.weight.data[:, 0] = torch.arange(float(vocabulary)).clamp(max=3)
        self.places = 0

    def get_output_embeddings(self) -> torch.nn.Module:
        return self.head

    def forward(self, *, input_ids: Any, **_: Any) -> SimpleNamespace:
        rows, width = input_ids.shape
        hidden = torch.arange(float(width))[None, :, None].expand(rows, width, 1)
        logits = self.head(hidden)
        self.places = logits[..., 0].numel()
        return SimpleNamespace(logits=logits)


def cost(position: int, token: int, vocabulary: int = 4) -> float:
    """-log p of `token` under the logits that stand at `position`."""
    return math.log(sum(math.exp(position * min(v, 3)) for v in range(vocabulary))) - position * token


@pytest.mark.parametrize(("vocabulary", "places"), [(4, 2 * 3), (SMALL_VOCABULARY + 1, 3)])
def test_loss_is_on_the_target_only_and_predicted_one_before(vocabulary: int, places: int) -> None:
    """Row 1: ids 1 2 | 3 0, weight 1. Row 2: 1 | 2, padded, weight 2. Column 1 predicts column 2, and so on.

    Of a large vocabulary the three targets alone are predicted; of a small one all columns that hold any.
    """
    first = TrainingExample(sequences=(array("i", [1, 2, 3, 0]),), start=2, weight=1.0)
    second = TrainingExample(sequences=(array("i", [1, 2]),), start=1, weight=2.0)
    model = Countdown(vocabulary)
    loss = target_loss_sum(model, collate_examples([first, second], first))  # type: ignore[arg-type]
    expected = cost(1, 3, vocabulary) + cost(2, 0, vocabulary) + 2 * cost(0, 2, vocabulary)
    assert model.places == places
    assert loss.item() == pytest.approx(expected, abs=1e-4)
    assert model.head(torch.zeros(1, 5, 1)).shape == (1, 5, vocabulary)  # nothing is left behind
    assert TargetLoss().loss_weight(first) + TargetLoss().loss_weight(second) == 1 * 2 + 2 * 1


@pytest.mark.parametrize("family", ["Llama", "Gemma2", "Granite"])
def test_families_that_scale_or_cap_their_logits_lose_what_all_logits_say(family: str) -> None:
    """Two rows of unlike prompts, against the cross-entropy of all logits; gradients, too."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    special = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = getattr(transformers, f"{family}Config")(
        vocab_size=SMALL_VOCABULARY + 8, num_key_value_heads=2, head_dim=8, **sizes, **special
    )
    model = transformers.AutoModelForCausalLM.from_config(config)
    rows = [
        TrainingExample(sequences=(array("i", range(5, 12)),), start=2, weight=0.5),
        TrainingExample(sequences=(array("i", [9, 8, 7, 6]),), start=3),
    ]
    batch = collate_examples(rows, rows[0])
    target_loss_sum(model, batch).backward()
    found = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    logits = model(input_ids=batch.ids, attention_mask=batch.mask).logits.log_softmax(-1)
    expected = sum(
        -row.weight * logits[number, place - 1, token]
        for number, row in enumerate(rows)
        for place, token in enumerate(row.sequences[0])
        if place >= row.start
    )
    expected.backward()
    assert target_loss_sum(model, batch).item() == pytest.approx(expected.item(), rel=1e-6)
    for gradient, parameter in zip(found, model.parameters(), strict=True):
        torch.testing.assert_close(gradient, parameter.grad, rtol=1e-4, atol=1e-6)


def test_collate_pads_right_and_an_empty_micro_batch_weighs_nothing() -> None:
    long, short = (
        TrainingExample(sequences=(array("i", [5, 6, 7]),)),
        TrainingExample(sequences=(array("i", [8]),), weight=3.0),
    )
    batch = collate_examples([long, short], long, pad=9)
    assert batch.ids.tolist() == [[5, 6, 7], [8, 9, 9]]
    assert batch.mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.weights.tolist() == [1.0, 3.0]
    empty = collate_examples([], short)
    assert empty.ids.tolist() == [[8]]
    assert empty.weights.tolist() == [0.0]


def test_end_of_turn_is_a_target() -> None:
    tokenizer = tiny_tokenizer()
    ids, start = example_ids(tokenizer, [{"role": "user", "content": "a"}], "b")
    assert tokenizer.convert_ids_to_tokens(ids) == ["<user>", "a", "<asst>", "b", "<end>"]
    assert tokenizer.convert_ids_to_tokens(ids[start:]) == ["b", "<end>"]


class LastTokenId(torch.nn.Module):
    """A model whose hidden state is the token's id, and whose head doubles it."""

    def base_model(self, *, input_ids: Any, **_: Any) -> SimpleNamespace:
        return SimpleNamespace(last_hidden_state=input_ids[..., None].float())

    def score(self, hidden: Any) -> Any:
        return 2 * hidden


def test_the_reward_is_read_at_the_last_token_even_if_padding_is_the_same_token() -> None:
    ids = torch.tensor([[4, 5, 7, 7], [4, 5, 6, 7]])  # 7 is end of turn and padding
    mask = torch.tensor([[1, 1, 1, 0], [1, 1, 1, 1]])
    assert verifier_rewards(LastTokenId(), ids, mask).tolist() == [14.0, 14.0]
    ids = torch.tensor([[4, 5, 7], [4, 7, 7]])
    assert verifier_rewards(LastTokenId(), ids, torch.tensor([[1, 1, 0], [1, 0, 0]])).tolist() == [10.0, 8.0]


def test_pair_loss_sums_pairs_and_skips_stand_ins() -> None:
    pair = TrainingExample(sequences=(array("i", [1, 3]), array("i", [2])))  # rewards 6 and 4: a margin of 2
    expected = math.log(1 + math.exp(-2)) + 0.5 * (36 + 16) / 2
    loss = PairLoss(kind="bt", reward_l2=0.5)
    both = collate_examples([pair, pair], pair)
    assert loss.loss_sum(LastTokenId(), both).item() == pytest.approx(2 * expected, rel=1e-6)
    assert loss.loss_sum(LastTokenId(), collate_examples([], pair)).item() == 0.0


def test_padding_never_ends_an_answer() -> None:
    tokenizer = tiny_tokenizer()
    assert padding_id(tokenizer) == tokenizer.pad_token_id == 0
    tokenizer.pad_token = tokenizer.eos_token
    assert padding_id(tokenizer) not in {tokenizer.eos_token_id}


def test_learning_rate() -> None:
    """10 steps, 2 of warm-up: 1/2, 1, then 8 steps from 1 towards 0."""
    linear = [learning_rate_factor(step, 10, 0.2, "linear") for step in range(10)]
    assert linear == pytest.approx([0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])
    assert learning_rate_factor(6, 10, 0.2, "cosine") == pytest.approx(0.5)
    assert learning_rate_factor(9, 10, 0.0, "constant") == 1.0
