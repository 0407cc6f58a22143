"""What the stages cost above the arithmetic: tokens per second of fine-tuning, verifier training and scoring, beside
a bare PyTorch loop over the same sequences, perfectly packed.

    python benchmarks/training.py --out training.json            # 23 M parameters, sequences of 256 to 640 tokens
    python benchmarks/training.py --size tiny                     # the shipped model's size and lengths

Stage and loop alternate in one process and on one thread; the figure is the median of the ratios of neighbours. The
loop is the best that plain PyTorch does without a fused kernel: rows of equal length filled to the last token, loss
only if the stage has one, no Parquet, no DeepSpeed, no padding. A stage's rate is its own report's: optimizer
steps from the first to the last, or for scoring all of a bucket, from reading its Parquet to the committed part.
"""

import argparse
import gc
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyarrow as pa

from actors.batch_tokens import length_batches
from actors.prompting.chat_template import example_ids
from actors.scorers.verifier import LearnedVerifier, verifier_ids
from actors.search.episode import EPISODE_SCHEMA, Answer, Episode, Turn
from actors.storage.checkpoint import weights_checksum
from actors.storage.parts import commit_part
from benchmarks.speed import Speed, cpu_of_steps, forget_peak, peak_mib, speed_of_steps
from pipeline.config.training_sections import FineTuneSection, TrainingSection, VerifierSection
from pipeline.stages.tasks import ScoreTask
from pipeline.state.models import resolve_model
from pipeline.training.fine_tune import fine_tune
from pipeline.training.settings import TrainingJob
from pipeline.training.train_verifier import train_verifier
from sandbox.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A Llama and the lengths of its sequences, in tokens."""

    hidden: int
    layers: int
    heads: int
    shortest: int
    longest: int
    batch: int
    """Sequences per optimizer step."""
    micro_batch_tokens: int
    steps: int = 3
    """Of which all but the first are measured."""


SIZES = {
    "small": Size(hidden=512, layers=7, heads=8, shortest=256, longest=640, batch=16, micro_batch_tokens=1024),
    "tiny": Size(hidden=64, layers=3, heads=2, shortest=24, longest=140, batch=64, micro_batch_tokens=1024),
}
WORDS = "list return sort even odd sum first last shift each hold rear put them in order for x xs def len max min"


class Here:
    """A scorer of this process where a stage expects one behind an actor."""

    moves = 0

    def __init__(self, scorer: LearnedVerifier) -> None:
        self.scorer = scorer

    def score_and_wait(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return self.scorer.score_pairs(pairs)


class Bench:
    """A model, a verifier and the same chats as training rows, as pairs, as episodes and as packed rows."""

    def __init__(self, size: Size, root: Path, *, dtype: str = "float32", threads: int = 1, seed: int = 0) -> None:
        self.size, self.root, self.dtype, self.threads = size, root, dtype, threads
        self.training = TrainingSection(workers=0, micro_batch_tokens=size.micro_batch_tokens)
        self.tokenizer, self.parameters = self._save_models(seed)
        self.chats = self._make_chats(random.Random(seed))
        self._write()
        verifier = str(root / "verifier")
        self.scorer = LearnedVerifier(
            verifier, dtype=dtype, max_tokens=2 * size.longest, batch_tokens=size.micro_batch_tokens
        )
        self.score_answers = ScoreTask([Here(self.scorer)], weights_checksum(verifier))
        self.runs = 0

    def _save_models(self, seed: int) -> tuple[Any, int]:
        """A generator and a verifier in folders of those names; their tokenizer, and the generator's parameters."""
        import torch
        from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

        torch.manual_seed(seed)
        tokenizer = AutoTokenizer.from_pretrained(resolve_model("builtin:generator").path)
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=self.size.hidden,
            intermediate_size=int(2.75 * self.size.hidden),
            num_hidden_layers=self.size.layers,
            num_attention_heads=self.size.heads,
            num_key_value_heads=self.size.heads,
            max_position_embeddings=2 * self.size.longest,
            tie_word_embeddings=True,
            pad_token_id=0,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
        )
        generator = LlamaForCausalLM(config)
        generator.save_pretrained(self.root / "generator")
        config.num_labels = 1
        LlamaForSequenceClassification(config).save_pretrained(self.root / "verifier")
        for name in ("generator", "verifier"):
            tokenizer.save_pretrained(self.root / name)
        return tokenizer, generator.num_parameters()

    def _make_chats(self, draw: random.Random) -> list[tuple[str, str]]:
        """(prompt, answer), twice as many as one training sees."""
        return [self._chat(draw) for _ in range(2 * self.size.steps * self.size.batch)]

    def _chat(self, draw: random.Random) -> tuple[str, str]:
        """A prompt of a third and an answer of two thirds of a length between the shortest and the longest."""
        length = draw.randint(self.size.shortest, self.size.longest)
        words: list[str] = []
        parts = []
        for share in (length // 3, length - length // 3 - 4):
            words = []
            while len(self.tokenizer.encode(" ".join(words))) < share:
                words += draw.choices(WORDS.split(), k=max(1, (share - len(words)) // 4))
            parts.append(" ".join(words))
        return parts[0], parts[1]

    def _write(self) -> None:
        examples = [
            {
                "example_id": f"{number:05d}",
                "problem_id": f"{number:05d}",
                "messages": [{"role": "user", "content": prompt}],
                "target": answer,
                "weight": 1.0,
            }
            for number, (prompt, answer) in enumerate(self.chats)
        ]
        commit_part(str(self.root / "examples"), 0, pa.Table.from_pylist(examples))
        pairs = [
            {"pair_id": f"{number:05d}", "problem_id": "p", "prompt": one[0], "chosen": one[1], "rejected": two[1]}
            for number, (one, two) in enumerate(zip(self.chats[::2], self.chats[1::2], strict=True))
        ]
        commit_part(str(self.root / "pairs"), 0, pa.Table.from_pylist(pairs))
        episodes = [_episode(number, *chat).to_row() for number, chat in enumerate(self.chats)]
        commit_part(str(self.root / "episodes"), 0, pa.Table.from_pylist(episodes, schema=EPISODE_SCHEMA))

    def _job(self, data: str, base: str, out: str) -> TrainingJob:
        return TrainingJob(
            data=str(self.root / data),
            base=str(self.root / base),
            out=str(self.root / out),
            dtype=self.dtype,
            max_tokens=2 * self.size.longest,
            seed=0,
            run_name=out,
            storage=str(self.root / "ray"),
            threads=self.threads,
        )

    # ---- the stages ---------------------------------------------------------------------------------------

    def stage_fine_tune(self) -> Speed:
        self.runs += 1
        config = FineTuneSection(steps=self.size.steps, batch_examples=self.size.batch, learning_rate=1e-4)
        with cpu_of_steps() as cpu:
            report = fine_tune(self._job("examples", "generator", f"tuned-{self.runs}"), config, self.training)
        return speed_of_steps(report, cpu)

    def stage_verifier(self) -> Speed:
        self.runs += 1
        config = VerifierSection(steps=self.size.steps, batch_pairs=self.size.batch // 2, learning_rate=1e-4)
        with cpu_of_steps() as cpu:
            report = train_verifier(self._job("pairs", "verifier", f"judged-{self.runs}"), config, self.training)
        return speed_of_steps(report, cpu)

    def stage_score(self) -> Speed:
        self.runs += 1
        lengths = [len(verifier_ids(self.tokenizer, *chat)) for chat in self.chats]
        files = [str(path) for path in (self.root / "episodes").glob("*.parquet")]
        started, cpu = time.monotonic(), time.process_time()
        self.score_answers({"part": 0, "directory": str(self.root / f"scores-{self.runs}"), "episodes": files})
        spent = time.monotonic() - started, time.process_time() - cpu
        order = sorted(range(len(lengths)), key=lambda number: lengths[number])
        batches = length_batches(order, lengths, self.scorer.batch_tokens)
        padded = sum(len(batch) * max(lengths[number] for number in batch) for batch in batches)
        return Speed(sum(lengths), *spent, 1 - sum(lengths) / padded)

    # ---- the bare loops -----------------------------------------------------------------------------------

    def bare(self, what: str) -> Speed:
        """The same tokens in rows of equal length without padding, forward and (unless scoring) backward."""
        import torch
        from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

        tuned = what == "fine_tune"
        kind = AutoModelForCausalLM if tuned else AutoModelForSequenceClassification
        folder = self.root / ("generator" if tuned else "verifier")
        model = kind.from_pretrained(folder, dtype=getattr(torch, self.dtype))
        rows, marks = self._packed(what)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.0)
        per_pass = max(1, self.size.micro_batch_tokens // rows.shape[1])
        passes = list(zip(rows.split(per_pass), marks.split(per_pass), strict=True))
        done, every = 0, max(1, len(passes) // self.size.steps)
        started, cpu = time.monotonic(), time.process_time()
        for number, (ids, mark) in enumerate(passes):
            with torch.inference_mode(what == "score"):
                loss = _packed_loss(model, ids, mark, what)
            done += ids.numel()
            if what != "score":
                loss.backward()
                if number % every == every - 1:
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    optimizer.step()
                    optimizer.zero_grad()
                if number == every - 1:  # as `speed_of_steps`
                    done, started, cpu = 0, time.monotonic(), time.process_time()
        return Speed(done, time.monotonic() - started, time.process_time() - cpu, 0.0)

    def _packed(self, what: str) -> tuple[Any, Any]:
        """(rows, T) ids without padding, and 1 where a loss or a score is read."""
        import torch

        ids: list[int] = []
        marks: list[int] = []
        for prompt, answer in self.chats[: self.size.steps * self.size.batch]:
            sequence, start = example_ids(self.tokenizer, [{"role": "user", "content": prompt}], answer)
            ids += sequence
            read_at = range(start, len(sequence)) if what == "fine_tune" else (len(sequence) - 1,)
            marks += [int(position in read_at) for position in range(len(sequence))]
        width = (self.size.shortest + self.size.longest) // 2
        count = len(ids) // width
        shape = (count, width)
        return torch.tensor(ids[: count * width]).view(shape), torch.tensor(marks[: count * width]).view(shape).bool()


def _packed_loss(model: Any, ids: Any, mark: Any, what: str) -> Any:
    from torch.nn import functional

    if what == "fine_tune":
        hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
        logits = model.lm_head(hidden[mark[:, 1:]])
        return functional.cross_entropy(logits.float(), ids[:, 1:][mark[:, 1:]])
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    return functional.softplus(model.score(hidden[mark]).float()).mean()


def _episode(number: int, prompt: str, answer: str) -> Episode:
    outcome = Outcome(verdict=Verdict.ACCEPTED)
    judged = Answer(response=answer, program=answer, finish_reason="stop", tokens=1, public=outcome, private=outcome)
    turn = Turn(answers=(judged,), chosen=0, feedback="", prompt_tokens=1, seed=0, sample_s=0.0, judge_s=0.0)
    return Episode(
        episode_id=f"{number:05d}",
        problem_id=f"{number:05d}",
        iteration=0,
        policy_id="",
        verifier_id="",
        selector="first",
        sample=0,
        prompt=prompt,
        turns=(turn,),
        infrastructure=False,
    )


def print_header() -> tuple[str, ...]:
    """The table's first line; what its others are about."""
    print(f"{'':12}{'bare, packed':>14}{'stage':>10}{'ratio':>8}{'by CPU':>8}{'padding':>10}{'stage MiB':>11}")
    return "fine_tune", "verifier", "score"


def compare(bench: Bench, name: str, rounds: int) -> dict[str, float]:
    """One line of the table: stage and bare loop in turn, medians, and the stage's peak of memory.

    The ratio by CPU time is the one to look at if other work is on the machine.
    """
    stages = {"fine_tune": bench.stage_fine_tune, "verifier": bench.stage_verifier, "score": bench.stage_score}
    if name == "score":  # it has no first step to leave out
        bench.bare(name)
        stages[name]()
    pairs, peak = [], 0.0
    for _ in range(rounds):
        gc.collect()  # a training leaves a circle of objects; a stage has a process of its own
        bare = bench.bare(name)
        if name != "score":
            forget_peak()  # takes this process's free memory from it, which the first step then pays for
        pairs.append((bare, stages[name]()))
        peak = max(peak, peak_mib())
    figures = {
        "bare_tokens_s": statistics.median(bare.tokens_s for bare, _ in pairs),
        "stage_tokens_s": statistics.median(own.tokens_s for _, own in pairs),
        "ratio": statistics.median(own.tokens_s / bare.tokens_s for bare, own in pairs),
        "cpu_ratio": statistics.median(own.tokens_cpu_s / bare.tokens_cpu_s for bare, own in pairs),
        "padding_fraction": pairs[-1][1].padding,
        "peak_mib": peak,
    }
    bare_, own, ratio, cpu, padding, _ = figures.values()
    print(f"{name:12}{bare_:14.0f}{own:10.0f}{ratio:8.2f}{cpu:8.2f}{padding:10.1%}{peak:11.0f}", flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(SIZES[options.size], Path(folder))
        print(f"{bench.parameters / 1e6:.1f} M parameters; tokens per second, one thread, medians of {options.rounds}")
        facts = {"size": options.size, "parameters": bench.parameters, "rounds": options.rounds, "threads": 1}
        result = facts | {name: compare(bench, name, options.rounds) for name in print_header()}
    if options.out:
        options.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
