"""Adapters: what is trained, saved, merged and refused; peft reads the same from the same files."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from actors.inference.adapter import find_adapter
from actors.inference.merged_tensors import MergedTensors, merge_adapter, open_tensors
from actors.scorers.verifier import LearnedVerifier
from actors.storage.checkpoint import CheckpointError, verify_checkpoint
from pipeline.commands.evaluate import _check_files
from pipeline.config.schema import FineTuneSection, TrainingSection, VerifierSection
from pipeline.errors import ConfigError
from pipeline.export.whole_model import whole_model
from pipeline.model_files.directory import check_directory
from pipeline.model_files.json_object import ModelFilesError
from pipeline.serving.models import FoundModel
from pipeline.serving.vllm_command import vllm_command
from pipeline.training.adapters.lora import inject_adapters
from pipeline.training.errors import TrainingError
from pipeline.training.fine_tune import fine_tune
from pipeline.training.ray_train import train_with_ray
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.target_loss import TargetLoss
from pipeline.training.train_verifier import train_verifier
from pipeline.training.types import TrainingReport
from tests.support.tiny_models import tiny_causal, tiny_config
from tests.support.training_data import BATCH, MAX_TOKENS, STEPS, write_examples, write_pairs

RANK = 4
IDS = torch.arange(4, 68)[None]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("adapters")
    tiny_causal(root / "base")
    write_examples(root / "examples")
    write_pairs(root / "pairs")
    return root


def job(world: Path, data: str, out: str) -> TrainingJob:
    return TrainingJob(
        data=str(world / data),
        base=str(world / "base"),
        out=str(world / out),
        dtype="float32",
        max_tokens=MAX_TOKENS,
        seed=0,
        run_name=out,
        storage=str(world / "ray"),
    )


def tune(world: Path, out: str, **training: Any) -> TrainingReport:
    settings = FineTuneSection(learning_rate=1e-2, batch_examples=BATCH, steps=STEPS, lora_rank=RANK)
    return fine_tune(job(world, "examples", out), settings, TrainingSection(workers=0, **training))


@pytest.fixture(scope="module")
def trained(world: Path) -> TrainingReport:
    return tune(world, "adapter")


def test_an_adapter_learns_and_leaves_the_base_as_it_is(world: Path, trained: TrainingReport) -> None:
    before = verify_checkpoint(trained.checkpoint.path)
    assert before.policy_id == trained.checkpoint.policy_id
    assert trained.last_loss < trained.first_loss
    tensors = load_file(Path(trained.checkpoint.path) / "adapter_model.safetensors")
    assert {name.rpartition("lora_")[2] for name in tensors} == {"A.weight", "B.weight"}
    assert len(tensors) == 2 * 7 * 2  # seven linear layers in each of two blocks
    assert not (Path(trained.checkpoint.path) / "model.safetensors").exists()


@pytest.mark.parametrize("zero_stage", [3, *(pytest.param(stage, marks=pytest.mark.slow) for stage in (0, 1, 2))])
def test_zero_saves_the_same_adapter(world: Path, trained: TrainingReport, zero_stage: int) -> None:
    again = tune(world, f"zero-{zero_stage}", zero_stage=zero_stage, gradient_checkpointing=zero_stage == 2)
    assert again.losses == pytest.approx(trained.losses, abs=1e-4)
    one, other = (load_file(Path(one.checkpoint.path) / "adapter_model.safetensors") for one in (again, trained))
    assert one.keys() == other.keys()
    assert all(torch.allclose(one[name], other[name], atol=1e-4) for name in one)


def test_bfloat16_is_trained_and_saved(world: Path, trained: TrainingReport) -> None:
    """The masters of adapters are float32; near the losses of float32."""
    settings = FineTuneSection(learning_rate=1e-2, batch_examples=BATCH, steps=STEPS, lora_rank=RANK)
    small = replace(job(world, "examples", "bfloat16"), dtype="bfloat16")
    report = fine_tune(small, settings, TrainingSection(workers=0))
    assert report.losses == pytest.approx(trained.losses, rel=0.03)
    tensors = load_file(Path(report.checkpoint.path) / "adapter_model.safetensors")
    assert {one.dtype for one in tensors.values()} == {torch.bfloat16}


def test_peft_loads_what_we_merge(world: Path, trained: TrainingReport) -> None:
    base = str(world / "base")
    mine = AutoModelForCausalLM.from_pretrained(base)
    plain = mine(IDS).logits.detach()
    merge_adapter(mine, trained.checkpoint.path)
    theirs = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), trained.checkpoint.path)
    merged = mine(IDS).logits
    assert torch.allclose(merged, theirs(IDS).logits, atol=1e-5)
    assert not torch.allclose(merged, plain, atol=1e-2)


def test_parts_have_the_bits_of_the_whole(trained: TrainingReport, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of three rows, so that parts begin inside of them."""
    monkeypatch.setattr("actors.inference.merged_tensors.CHUNK_ELEMENTS", 100)
    tensors = open_tensors(trained.checkpoint.path)
    assert isinstance(tensors, MergedTensors)
    for name in tensors.adapted:
        whole = tensors.read(name)
        assert tuple(whole.shape) == tensors.shapes[name]
        for rows, columns in ((range(5, 17), None), (range(0, 3), range(4, 9)), (range(31, 32), range(0, 32))):
            for part, found in tensors.chunks(name, rows, columns):
                expected = whole[part.start : part.stop]
                assert torch.equal(found, expected if columns is None else expected[:, columns.start : columns.stop])


def test_a_verifier_with_an_adapter_scores_as_peft_computes_it(world: Path) -> None:
    settings = VerifierSection(learning_rate=1e-2, batch_pairs=BATCH, steps=STEPS, lora_rank=RANK, lora_alpha=6.0)
    report = train_verifier(job(world, "pairs", "verifier"), settings, TrainingSection(workers=0))
    assert report.last_loss < report.first_loss
    adapter = find_adapter(report.checkpoint.path)
    assert adapter is not None and adapter.scale == 1.5
    scorer = LearnedVerifier(report.checkpoint.path)
    base = AutoModelForSequenceClassification.from_pretrained(str(world / "base"), num_labels=1)
    theirs = PeftModel.from_pretrained(base, report.checkpoint.path).eval()
    theirs.config.pad_token_id = 0
    scorer.model.config.pad_token_id = 0
    assert torch.allclose(scorer.model(IDS).logits, theirs(IDS).logits, atol=1e-5)
    scores = scorer.score_pairs([("say a", "aaa"), ("say a", "bbb")])
    assert len(set(scores)) == 2
    _check_files("--verifier", report.checkpoint.path)  # `mucode eval` takes it


def test_an_export_is_the_merged_model(world: Path, trained: TrainingReport) -> None:
    mine = AutoModelForCausalLM.from_pretrained(str(world / "base"))
    merge_adapter(mine, trained.checkpoint.path)
    with whole_model(Path(trained.checkpoint.path), is_verifier=False, dtype="float32") as folder:
        check_directory(folder)
        whole = AutoModelForCausalLM.from_pretrained(folder)
        assert torch.equal(whole(IDS).logits, mine(IDS).logits)
    with whole_model(world / "base", is_verifier=False, dtype="float32") as folder:
        assert folder == world / "base"


def test_an_exported_verifier_scores_alike(world: Path) -> None:
    settings = VerifierSection(learning_rate=1e-2, batch_pairs=BATCH, steps=2, lora_rank=1)
    report = train_verifier(job(world, "pairs", "small-verifier"), settings, TrainingSection(workers=0))
    pairs = [("say a", "aaa"), ("say a", "bbb")]
    with whole_model(Path(report.checkpoint.path), is_verifier=True, dtype="float32") as folder:
        assert LearnedVerifier(str(folder)).score_pairs(pairs) == LearnedVerifier(report.checkpoint.path).score_pairs(
            pairs
        )


def test_an_adapter_is_no_model_to_begin_with(trained: TrainingReport) -> None:
    with pytest.raises(ModelFilesError, match="`mucode export` does so with a run's own"):
        check_directory(Path(trained.checkpoint.path))


def test_an_adapter_without_a_head_is_no_verifier(trained: TrainingReport) -> None:
    """A fresh head would score by chance, and nothing would say so."""
    with pytest.raises(CheckpointError, match="holds an adapter without a head"):
        LearnedVerifier(trained.checkpoint.path)
    with pytest.raises(ConfigError, match="is no verifier, but LlamaForCausalLM"):
        _check_files("--verifier", trained.checkpoint.path)


def test_vllms_server_gets_base_and_adapter(world: Path, trained: TrainingReport, tmp_path: Path) -> None:
    model = FoundModel(name="mine", checkpoint=trained.checkpoint, run=None)
    words = vllm_command(model, "127.0.0.1", 8000)
    assert str(world / "base") in words and f"mine={trained.checkpoint.path}" in words
    assert words[words.index("--max-lora-rank") + 1] == "8"
    copy = shutil.copytree(trained.checkpoint.path, tmp_path / "wide")
    said = json.loads((copy / "adapter_base.json").read_text())
    (copy / "adapter_base.json").write_text(json.dumps(said | {"rank": 513}))
    wide = FoundModel(name="wide", checkpoint=replace(trained.checkpoint, path=str(copy)), run=None)
    with pytest.raises(ConfigError, match="rank 513 is more than vLLM's server takes, which is 512"):
        vllm_command(wide, "127.0.0.1", 8000)


def test_another_base_is_refused(world: Path, trained: TrainingReport, tmp_path: Path) -> None:
    from actors.inference import adapter as module

    copy = tmp_path / "adapter"
    copy.mkdir()
    for file in Path(trained.checkpoint.path).iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    other = tiny_causal(tmp_path / "other", seed=1)
    config = json.loads((copy / module.CONFIG).read_text())
    (copy / module.CONFIG).write_text(json.dumps(config | {"base_model_name_or_path": other}))
    with pytest.raises(CheckpointError, match="the adapter was trained on"):
        open_tensors(str(copy))
    (copy / module.CONFIG).write_text("{}")
    with pytest.raises(CheckpointError, match="holds no adapter as training saves it"):
        open_tensors(str(copy))


@dataclass(frozen=True, slots=True)
class WhileTheBaseChanges(TargetLoss):
    """Somebody writes to the base's folder in the middle of a training."""

    folder: str = ""

    def loss_sum(self, model: Any, batch: Any) -> Any:
        (Path(self.folder) / "generation_config.json").write_text('{"eos_token_id": 4}')
        return TargetLoss.loss_sum(self, model, batch)


def test_an_adapter_is_of_the_base_that_was_read(world: Path, trained: TrainingReport, tmp_path: Path) -> None:
    base = shutil.copytree(world / "base", tmp_path / "base")
    mine = replace(job(world, "examples", "changed-base"), base=str(base), out=str(tmp_path / "adapter"))
    section, training = FineTuneSection(batch_examples=BATCH, steps=1, lora_rank=RANK), TrainingSection(workers=0)
    settings = training_settings(mine, section, training, batch_size=BATCH)
    report = train_with_ray(WhileTheBaseChanges(folder=str(base)), settings, training, mine)
    read, expected = find_adapter(report.checkpoint.path), find_adapter(trained.checkpoint.path)
    assert read and expected and read.base_policy_id == expected.base_policy_id
    with pytest.raises(CheckpointError, match="restore the base"):
        open_tensors(report.checkpoint.path)


def test_a_base_that_changes_after_it_was_read_is_refused(world: Path, trained: TrainingReport, tmp_path: Path) -> None:
    """Actors load one adapter after the other for days."""
    base = shutil.copytree(world / "base", tmp_path / "base")
    copy = shutil.copytree(trained.checkpoint.path, tmp_path / "adapter")
    config = json.loads((copy / "adapter_config.json").read_text())
    (copy / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": str(base)}))
    open_tensors(str(copy))
    tiny_causal(base, seed=2)
    with pytest.raises(CheckpointError, match="restore the base"):
        open_tensors(str(copy))


def mixture() -> Any:
    """Experts in one tensor, to which peft turns when asked for the linear layers beside them."""
    from transformers import DeepseekV3Config, DeepseekV3ForCausalLM

    sizes = {name: getattr(tiny_config(), name) for name in ("vocab_size", "hidden_size", "num_attention_heads")}
    width = {"intermediate_size": 24, "moe_intermediate_size": 8, "num_key_value_heads": 2, "num_hidden_layers": 2}
    ranks = {"q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 4}
    experts = {"n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1}
    return DeepseekV3ForCausalLM(DeepseekV3Config(**sizes, **width, **ranks, **experts, first_k_dense_replace=1))


def without_linear_layers() -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config(vocab_size=260, n_embd=32, n_layer=1, n_head=2))


def of_other_sizes() -> Any:
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM(tiny_config(intermediate_size=48))


@pytest.mark.parametrize(
    ("make", "saved", "said"),
    [
        (without_linear_layers, True, "GPT2LMHeadModel cannot be trained with adapters: it has no linear layers"),
        (mixture, True, r"peft adapts other layers than were asked for, among them model\.layers\.0\.mlp"),
        (of_other_sizes, False, r"base call model\.layers\.0\.mlp\.gate_proj\.weight otherwise"),
    ],
)
def test_what_could_not_be_merged_is_not_trained(
    world: Path, tmp_path: Path, make: Any, saved: bool, said: str
) -> None:
    model = make()
    base = tmp_path if saved else world / "base"
    if saved:
        model.save_pretrained(base)
    section = FineTuneSection(batch_examples=BATCH, steps=1, lora_rank=RANK)
    mine = replace(job(world, "examples", "never"), base=str(base))
    settings = training_settings(mine, section, TrainingSection(workers=0), batch_size=BATCH)
    with pytest.raises(TrainingError, match=said):
        inject_adapters(model, settings)
