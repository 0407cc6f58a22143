"""Make the shipped tiny generator and verifier: `python -m pipeline.embedded.warm_start --seed 0 --out DIR`.

Everything is learnt from the family's `warm` split, which shares no function and no rare phrase with the
others. On one CPU thread; the validation split is only measured. Writes DIR/generator and DIR/verifier.
"""

import argparse
import platform
import random
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

from actors.prompting.chat_template import example_ids
from pipeline.embedded.card import write_card
from pipeline.embedded.sampling import greedy_accuracy
from pipeline.embedded.tokenizer import build_tokenizer
from pipeline.embedded.training import next_token_loss, pair_loss, sorted_batches, train_model
from pipeline.embedded.warm_examples import WarmExample, make_example, paraphrase, respell, wrong_programs
from sandbox.problem import Problem
from sandbox.problems.builtin import family
from sandbox.problems.builtin.operators import SLOTS
from sandbox.problems.builtin.phrases import MADE_UP_WORDS
from sandbox.problems.builtin.spellings import MOST

BATCH = 64
GENERATOR_LR, VERIFIER_LR = 3e-3, 1e-3
WRONG_PER_PROBLEM = 2
TOLERANCE = 0.02
"""Of the card's accuracy: other versions and processors may round a few greedy answers differently."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--generator-steps", type=int, default=1600)
    parser.add_argument("--verifier-steps", type=int, default=2500, help="0 makes no verifier")
    help_text = "how many texts of each line the models know; the shipped ones know one"
    parser.add_argument("--spellings", type=int, choices=range(1, MOST + 1), default=1, help=help_text)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # sums in one order, so that a seed gives the same weights
    torch.manual_seed(arguments.seed)
    problems = family.load_family("warm")
    spellings: int = arguments.spellings
    tokenizer = build_tokenizer(problems)
    generator = warm_start_generator(tokenizer, problems, arguments.generator_steps, arguments.seed, spellings)
    accuracy = greedy_accuracy(generator, tokenizer, family.load_family("validation"))
    print(f"greedy accuracy on validation, turn 1: {accuracy:.3f}", flush=True)
    facts: dict[str, Any] = {"seed": arguments.seed, "spellings": spellings, "python": platform.python_version()}
    facts |= {"torch": torch.__version__, "transformers": transformers.__version__}
    save_model(
        *(generator, tokenizer, arguments.out / "generator"),
        **facts,
        steps=arguments.generator_steps,
        validation_greedy_accuracy=accuracy,
        tolerance=TOLERANCE,
    )
    if arguments.verifier_steps:
        verifier = warm_start_verifier(
            *(generator, tokenizer, problems), arguments.verifier_steps, arguments.seed, spellings
        )
        save_model(verifier, tokenizer, arguments.out / "verifier", **facts, steps=arguments.verifier_steps)


def warm_start_generator(
    tokenizer: Any, problems: list[Problem], steps: int, seed: int, spellings: int = 1
) -> LlamaForCausalLM:
    """A Llama of about 0.2 million parameters; its head size of 32 is one that vLLM runs on CPU."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=160,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = LlamaForCausalLM(config)
    print(f"generator: {sum(p.numel() for p in model.parameters()):,} parameters", flush=True)
    rng = random.Random(seed)

    def draw(count: int) -> list[WarmExample]:
        return [make_example(tokenizer, problem, rng, spellings) for problem in rng.sample(problems, count)]

    source = sorted_batches(draw, BATCH, lambda item: len(item.ids), seed)
    train_model(model, source, lambda batch: next_token_loss(model, batch, tokenizer.pad_token_id), steps, GENERATOR_LR)
    initialise_unseen_embeddings(model, tokenizer)
    return model


def warm_start_verifier(
    generator: Any, tokenizer: Any, problems: list[Problem], steps: int, seed: int, spellings: int = 1
) -> LlamaForSequenceClassification:
    """The generator with a scalar head, taught to prefer references to mutants."""
    torch.manual_seed(seed)  # for the head, whatever came before
    shape = {key: value for key, value in generator.config.to_dict().items() if key not in ("id2label", "label2id")}
    model = LlamaForSequenceClassification(LlamaConfig(**{**shape, "num_labels": 1}))
    model.model.load_state_dict(generator.model.state_dict())
    rng = random.Random(seed)

    def draw(count: int) -> list[list[list[int]]]:
        drawn = (_group(tokenizer, problem, rng, spellings) for problem in rng.sample(problems, count))
        return [group for group in drawn if group]

    source = sorted_batches(draw, BATCH, lambda group: max(map(len, group)), seed)
    train_model(model, source, lambda batch: pair_loss(model, batch, tokenizer.pad_token_id), steps, VERIFIER_LR)
    return model


def _group(tokenizer: Any, problem: Problem, rng: random.Random, spellings: int) -> list[list[int]]:
    """Token ids of the reference, then of wrong programs; [] if no mutant is wrong."""
    chat = [{"role": "user", "content": paraphrase(problem, rng)}]
    wrong = wrong_programs(problem, rng, WRONG_PER_PROBLEM)
    texts = [respell(text, rng, spellings) for text in (problem.reference or "", *wrong)] if wrong else []
    return [example_ids(tokenizer, chat, text)[0] for text in texts]


@torch.no_grad()
def initialise_unseen_embeddings(model: LlamaForCausalLM, tokenizer: Any) -> None:
    """Give the rare phrases' tokens, which no step trained, embeddings like those of made-up words.

    Left at their initial values they would look like nothing the model knows, and be guessed at narrowly.
    """
    embedding = model.model.embed_tokens.weight.data  # (tokens, width)
    rare = _tokens(tokenizer, [operator.rare.format(k=1) for slot in SLOTS for operator in slot])
    known = _tokens(tokenizer, [problem.prompt for problem in family.load_family("warm")])
    made_up = embedding[sorted(_tokens(tokenizer, [f"{word} {word}" for word in MADE_UP_WORDS]))]
    new = sorted(rare - known)
    embedding[new] = made_up.mean(0) + made_up.std(0) * torch.randn(len(new), embedding.shape[1])


def _tokens(tokenizer: Any, texts: list[str]) -> set[int]:
    return {token for text in texts for token in tokenizer.encode(f"{text}, {text}", add_special_tokens=False)}


def save_model(model: Any, tokenizer: Any, directory: Path, **facts: Any) -> None:
    model.save_pretrained(directory)
    (directory / "model.safetensors").chmod(0o644)
    tokenizer.save_pretrained(directory, save_jinja_files=False)  # the chat template stays in tokenizer_config.json
    write_card(directory, **facts)


if __name__ == "__main__":
    main()
