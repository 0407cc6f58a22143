"""Weights go into an engine in place, or the console and the stage's record say that they did not."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import ray

from actors.inference.engine import EngineConfig, LoadReport
from actors.storage.checkpoint import Checkpoint, weights_checksum
from pipeline.cluster.actor_groups import ActorGroups
from pipeline.config.load import load_config
from tests.ray.tiny_vllm import save_tiny_llama
from tests.support.fakes import RebuildingGenerator


@pytest.mark.slow
def test_an_untied_output_in_bfloat16_is_replaced_in_place(tmp_path: Path) -> None:
    """Tied ones and float32 are in test_engine."""
    pytest.importorskip("vllm")
    from actors.inference.vllm_in_process import ThreadEngine

    paths = [save_tiny_llama(tmp_path / str(seed), seed) for seed in (3, 4)]
    first, second = (Checkpoint(path=path, policy_id=weights_checksum(path)) for path in paths)

    async def main() -> list[LoadReport]:
        engine = ThreadEngine(EngineConfig(checkpoint=first, dtype="bfloat16", kv_cache_mib=64))
        reports = [await engine.load(checkpoint) for checkpoint in (first, second, first)]
        await engine.close()
        return reports

    assert [(report.rebuilt, report.share) for report in asyncio.run(main())] == [("", 1.0)] * 3


class Groups(ActorGroups):
    """As a run has them, but for what its generators are."""

    def _make_generator(self, policy: Checkpoint, number: int) -> Any:
        return ray.remote(RebuildingGenerator).options(num_cpus=0).remote()


def test_a_reload_that_did_not_take_is_counted_and_said(ray_session: None, capsys: pytest.CaptureFixture[str]) -> None:
    groups = Groups(load_config("embedded"))
    capsys.readouterr()
    for policy in "ab":
        start = groups.start_generator(0, Checkpoint(path="/nowhere", policy_id=policy), replace=False)
        groups.generator_started(0, ray.get(start.ready))
    rebuilt = "  generator 0 built its engine anew, 7 s: WeightsError: they differ"
    unknown = "  generator 0: 25% of the weights could be compared with the files"
    said = capsys.readouterr().out.splitlines()
    assert said == [rebuilt, f"{unknown}; the model is too large for transformers here"] * 2
    assert groups.engines_rebuilt == 2
    groups.release_generators()
