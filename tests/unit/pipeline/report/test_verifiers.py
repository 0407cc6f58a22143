"""What is said of a run's verifiers."""

import pyarrow as pa

from actors.storage.parts import commit_part
from pipeline.report.verifiers import score_histogram
from pipeline.stages.tasks import SCORE_SCHEMA
from pipeline.state.problems import HELD_OUT_FIRST
from pipeline.state.store import Store
from tests.support.small_run import commit_stage


class Sampled:
    """The stage that sampled the held-out answers."""

    def files(self) -> dict[int, str]:
        return {HELD_OUT_FIRST: "", HELD_OUT_FIRST + 1: ""}


def test_score_histogram_separates_right_from_wrong_and_leaves_out_what_was_trained_on(store: Store) -> None:
    rows = [
        {"episode_id": str(number), "turn": 0, "problem_id": "p", "verifier_id": "v", "label": label, "score": score}
        for number, (label, score) in enumerate([(False, -1.0), (False, -0.9), (True, 0.2), (False, 0.9), (True, 1.0)])
    ]
    parts = {0: [{**rows[0], "score": 9.0}], HELD_OUT_FIRST: rows[:2], HELD_OUT_FIRST + 1: rows[2:]}
    directory = store.directory(1, "scores")
    for number, part in parts.items():
        commit_part(directory, number, pa.Table.from_pylist(part, schema=SCORE_SCHEMA))
    manifest = commit_stage(store, 1, "scores")
    found = score_histogram(manifest, Sampled(), bins=4)  # type: ignore[arg-type]
    assert found is not None
    assert found.edges == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert (found.right, found.wrong) == ([0, 0, 1, 1], [2, 0, 0, 1])
