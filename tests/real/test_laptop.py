"""configs/laptop.toml on a real model, killed twice and continued: every stage, nothing lost and nothing done twice."""

import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from actors.storage.parts import committed_parts
from tests.e2e.small_run import finish, rows, start, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.docker, pytest.mark.e2e, pytest.mark.timeout(3600)]
FINISH_S = 1800
STAGES = {
    0: ("episodes", "held_out", "pairs", "held_out_pairs", "verifier", "scores", "search_greedy", "metrics"),
    1: ("examples", "policy", "episodes", "held_out", "pairs", "verifier", "search_greedy", "search_sweep", "metrics"),
}


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def killed(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run, its driver killed in the middle of sampling and in the middle of training, then continued to its end.

    Beside it `copy`: its directory as the second kill left it.
    """
    folder = tmp_path_factory.mktemp("laptop")
    settings = [f"run.root={folder}", f"model.generator={small}", f"model.verifier={small}"]
    root, log = folder / "laptop", folder / "log"
    episodes, verifier = root / "iter_0000" / "episodes", root / "iter_0000" / "verifier"

    first = start("run", "laptop", *(word for one in settings for word in ("--set", one)), log=log)
    wait_for(lambda: committed_parts(str(episodes)), first, log, FINISH_S)
    kill(first)
    kept = {record.sha256 for record in committed_parts(str(episodes)).values()}
    assert kept and not (episodes / "manifest.json").exists(), "the kill landed outside the stage"

    second = start("resume", str(root), log=log)
    wait_for(lambda: (verifier / "progress.json").exists(), second, log, FINISH_S)
    kill(second)
    assert not (verifier / "manifest.json").exists(), "the kill landed outside the stage"
    assert kept <= {record.sha256 for record in committed_parts(str(episodes)).values()}
    shutil.copytree(root, folder / "copy")
    finish(start("resume", str(root), log=log), log, FINISH_S)
    return root


def test_every_stage_is_done_once(killed: Path) -> None:
    for iteration, names in STAGES.items():
        for name in names:
            assert (killed / f"iter_{iteration:04d}" / name / "manifest.json").is_file(), (iteration, name)
    episodes = rows(killed / "iter_0000" / "episodes")
    asked = {(row["problem_id"], row["sample"]) for row in episodes}
    assert len(episodes) == len(asked) == 20 * 4 and len({row["problem_id"] for row in episodes}) == 20
    assert rows(killed / "iter_0000" / "pairs"), "no problem has both right and wrong answers"
    assert (killed / "report.html").stat().st_size > 10_000


def test_what_is_trained_ends_with_the_models_own_end_of_turn(killed: Path, small: Path) -> None:
    from transformers import AutoTokenizer

    policy = killed / "iter_0001" / "policy" / "checkpoint"
    trained, base = (AutoTokenizer.from_pretrained(path) for path in (policy, small))
    assert trained.chat_template == base.chat_template and trained.get_vocab() == base.get_vocab()
    ends = [json.loads((path / "generation_config.json").read_text())["eos_token_id"] for path in (policy, small)]
    assert ends[0] == ends[1]


def test_a_killed_training_gives_what_an_undisturbed_one_gives(killed: Path) -> None:
    """Samples of a real model depend on which requests share a batch, so a run is compared from its samples on."""
    copy = killed.parent / "copy"
    (copy / "iter_0000" / "verifier" / "progress.json").unlink()
    log = killed.parent / "copy.log"
    again = start("resume", str(copy), log=log)
    wait_for(lambda: (copy / "iter_0000" / "verifier" / "manifest.json").exists(), again, log, FINISH_S)
    kill(again)
    for stage in ("episodes", "pairs"):
        assert rows(copy / "iter_0000" / stage) == rows(killed / "iter_0000" / stage)
    digests = [
        {name: file["sha256"] for name, file in json.loads(path.read_text())["files"].items() if "safetensors" in name}
        for path in (root / "iter_0000" / "verifier" / "checkpoint" / "checkpoint.json" for root in (copy, killed))
    ]
    assert digests[0] == digests[1] and digests[0]
