"""One plug-in of each kind, as a stranger's package brings them. The small run of test_plugins uses them all."""

from dataclasses import replace
from pathlib import Path

from actors.prompting.feedback import FEEDBACK_STYLES
from actors.prompting.prompts import PROMPT_FORMATS
from actors.scorers.scorer import ScorerKind
from actors.search.selector import Selector
from pipeline.methods.strategies import Strategy
from pipeline.trackers.tracker import TrackerKind
from sandbox.languages import LANGUAGES
from sandbox.problems.builtin import family
from sandbox.problems.data_set import DataSetLoader


class Brevity:
    def score_pairs(self, pairs):
        return [-float(len(response)) for _, response in pairs]


class StageLog:
    def __init__(self, root):
        self.path = Path(root) / "stages_told.txt"

    def stage_finished(self, summary):
        with self.path.open("a") as file:
            file.write(f"{summary.iteration} {summary.stage}\n")

    def run_started(self, info): ...
    def training_step(self, step): ...
    def iteration_finished(self, iteration, rows): ...
    def close(self): ...


def load_brevity(checkpoint, *, dtype, max_tokens, batch_tokens):
    return Brevity()


def load(split, options, path):
    return [replace(problem, language="plugged_language") for problem in family.load_family(split)]


def rank(candidates, seed):
    return sorted(candidates, key=lambda candidate: candidate.score, reverse=True)


STRATEGY = Strategy(label="Plugged µCode", description="The last answers alone.", candidates="final")
SELECTOR = Selector(rank=rank, label="shortest", description="The shortest answer.", needs_scores=True)
SCORER = ScorerKind(label="brevity", description="Minus the characters.", load=load_brevity)
FEEDBACK = replace(FEEDBACK_STYLES["values"], description="Values, by a plug-in.")
FORMAT = replace(PROMPT_FORMATS["bare"], description="Bare, by a plug-in.")
DATA = DataSetLoader(name="plugged_data", label="plugged", load=load, splits=("train", "test"), public="1", private="8")
LANGUAGE = replace(LANGUAGES["python"], name="plugged_language", title="Plugged Python")
TRACKER = TrackerKind(title="stages_told.txt", open=StageLog)
