"""Logs for Inspect: as many samples as episodes, what each says; and Inspect's own reader, if it is installed."""

import importlib.util
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from actors.search.episode import Episode
from actors.storage.run_storage import open_storage
from pipeline.cli import main
from pipeline.episode_view.choice import choose_episodes
from pipeline.episode_view.inspect_logs import open_log_place, write_logs
from pipeline.episode_view.inspect_sample import inspect_id
from pipeline.episode_view.reading import read_episodes
from pipeline.errors import ConfigError
from pipeline.state.store import Store
from tests.support.hostile_texts import HOSTILE, hostile_run

SEARCHES = [f"many-iter_0001-search_sweep-{selector}-5.eval" for selector in ("lv", "pt", "pt_lv", "random")]
FILES = ["many-iter_0000-episodes-first-1.eval", *SEARCHES]
Log = dict[str, Any]
"""A file's members, as JSON, by their names."""


def logs_of(store: Store, out: str) -> dict[str, Log]:
    place = open_log_place(out)
    made = write_logs(store, choose_episodes(store, 10_000), place)
    assert place.list_names() == sorted(made.files)
    found = {}
    for name in made.files:
        with place.open(name) as file, zipfile.ZipFile(file) as archive:
            found[name] = {member: json.loads(archive.read(member)) for member in archive.namelist()}
    assert sum(len(samples(log)) for log in found.values()) == made.samples
    return found


def samples(log: Log) -> list[dict[str, Any]]:
    return [body for name, body in log.items() if name.startswith("samples/")]


def episodes_of(store: Store) -> dict[str, Episode]:
    stages = choose_episodes(store, 10_000).stages
    return {episode.episode_id: episode for stage in stages for episode, _ in read_episodes(store, stage)}


def chat_of(episode: Episode) -> list[tuple[str, str]]:
    """All messages; after the last turn there is no feedback."""
    return [(one["role"], one["content"]) for one in episode.messages(len(episode.turns)) if one["content"]]


def test_every_episode_is_a_sample_with_its_turns(many: Store, tmp_path: Path) -> None:
    logs, episodes = logs_of(many, str(tmp_path / "logs")), episodes_of(many)
    assert sorted(logs) == FILES
    written = {sample["uuid"]: sample for log in logs.values() for sample in samples(log)}
    assert written.keys() == episodes.keys() and len(written) == 300
    for key, sample in written.items():
        episode = episodes[key]
        assert (sample["id"], sample["epoch"]) == (episode.problem_id, episode.sample + 1)
        assert [(one["role"], one["content"]) for one in sample["messages"]] == chat_of(episode)
        assert sample["output"]["completion"] == episode.turns[-1].answer.response
        tokens = sum(answer.tokens for turn in episode.turns for answer in turn.answers)
        assert [usage["output_tokens"] for usage in sample["model_usage"].values()] == [tokens]
        label = {True: "C", False: "I", None: None}[None if episode.masked else episode.turns[-1].answer.label]
        assert sample.get("scores", {}).get("tests", {}).get("value") == label
        assert ("error" in sample) == (episode.masked == "infrastructure")
    assert {"tests", "verifier"} == {name for sample in written.values() for name in sample.get("scores", {})}


def test_a_log_says_what_its_samples_say(many: Store, tmp_path: Path) -> None:
    for name, log in logs_of(many, str(tmp_path / "logs")).items():
        header, summaries = log["header.json"], log["summaries.json"]
        scored = [one["scores"]["tests"]["value"] for one in samples(log) if "tests" in one.get("scores", {})]
        [tests] = [score for score in header["results"]["scores"] if score["name"] == "tests"]
        assert tests["metrics"]["accuracy"]["value"] == scored.count("C") / len(scored)
        assert (tests["scored_samples"], tests["unscored_samples"]) == (len(scored), len(summaries) - len(scored))
        assert [(one["id"], one["epoch"], one.get("error")) for one in summaries] == [
            (one["id"], one["epoch"], one.get("error", {}).get("message")) for one in samples(log)
        ]
        assert header["status"] == ("success" if "episodes" in name else "cancelled")  # the other stage is at work
        dataset = header["eval"]["dataset"]
        assert dataset["samples"] == len(dataset["sample_ids"]) == len({one["id"] for one in summaries})
        assert header["eval"]["config"]["epochs"] == max(one["epoch"] for one in summaries)


def test_hostile_texts_stay_texts_and_names_stay_apart(tmp_path: Path) -> None:
    [log] = [  # a selector is a log
        {
            name: body
            for log in logs_of(hostile_run(tmp_path), str(tmp_path / "logs")).values()
            for name, body in log.items()
        }
    ]
    assert sorted(one["messages"][0]["content"] for one in samples(log)) == sorted(f"prompt {one}" for one in HOSTILE)
    assert [inspect_id(text) for text in ("HumanEval/3", "a%00", "a\0", "../b", "\udce9")] == [
        *("HumanEval/3", "a%2500", "a%00", "%2E%2E/b", "%ED%B3%A9")
    ]


def test_logs_go_to_object_stores_and_over_nothing_else(tmp_path: Path, bucket: str) -> None:
    logs = logs_of(hostile_run(tmp_path), f"{bucket}/logs")
    assert len(open_storage(f"{bucket}/logs").list_names()) == len(logs) == len(HOSTILE)
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files"):
        open_log_place(str(tmp_path))


def test_the_command_says_what_it_wrote(many: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", many.root, "--inspect", str(tmp_path / "logs"), "--out", str(tmp_path / "page")]) == 0
    said = capsys.readouterr().out
    assert "logs: 300 samples in 5 files, " in said and f"next: inspect view --log-dir {tmp_path}/logs\n" in said
    assert (tmp_path / "page" / "index.html").exists()


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("inspect_ai") is None, reason="inspect_ai is not installed")
def test_inspect_reads_every_sample(many: Store, tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

    for name, store in {"many": many, "hostile": hostile_run(tmp_path)}.items():
        logs, episodes = logs_of(store, str(tmp_path / f"{name}-logs")), episodes_of(store)
        read = 0
        for file, written in logs.items():
            log = read_eval_log(str(tmp_path / f"{name}-logs" / file))
            assert len(log.samples) == len(read_eval_log_sample_summaries(log.location)) == len(samples(written))
            assert log.results.scores[0].metrics["accuracy"].value <= 1
            for sample in log.samples:
                episode = episodes[sample.uuid]
                assert [(one.role, one.text) for one in sample.messages] == chat_of(episode)
                assert (sample.error is not None) == (episode.masked == "infrastructure")
                assert sample.turn_count == len(episode.turns)
            read += len(log.samples)
        assert read == len(episodes)
