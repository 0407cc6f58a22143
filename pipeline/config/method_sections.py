"""Settings of the method: how a model is asked, and what the paper and its released code do differently."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from actors.prompting.dialogue import check_dialogue
from actors.prompting.feedback import FEEDBACK_STYLES
from actors.prompting.prompts import PROMPT_FORMATS
from pipeline.config.fields import OneOf, Section, operational
from pipeline.config.presets import PROTOCOLS


class DialogueSection(Section):
    """What a model reads, and how its answers are read."""

    style: Annotated[str, OneOf(PROMPT_FORMATS)] = "instruct"
    """Prompt format, or package.module:NAME of your own: how the first prompt is written, and how a program is found in
    an answer."""
    feedback: Annotated[str, OneOf(FEEDBACK_STYLES)] = "values"
    """Feedback style, or package.module:NAME of your own: what a model is told after a failure, as got and expected
    values, as a Python traceback, or with a request for a diagnosis in words."""
    show_tests: bool = True
    """Show the public tests in the first prompt."""

    @model_validator(mode="after")
    def _go_together(self) -> "DialogueSection":
        check_dialogue(self.style, self.feedback)
        return self


class ProtocolSection(Section):
    """What the paper and its released code do differently and no other section holds (docs/strategies.md)."""

    name: Annotated[str, OneOf(PROTOCOLS)] = operational("default")
    """Preset that fills in every setting of its column in docs/strategies.md that the config does not name; "default"
    fills in none. What it fills in counts as if the config had named it: a change that alters one of those settings is
    refused on a begun run."""
    train_tests: Literal["split", "all_public"] = "split"
    """Tests of the training problems: public and private as the data set splits them, or every test public."""
    stop: Literal["public", "all"] = "public"
    """What ends an episode of rollouts and of greedy evaluation: an answer that passes the public tests, or all."""
    candidates: Literal["all", "final"] = "all"
    """Answers that the expert chooses the best from: all of a problem's, or the last of each trajectory; a strategy may
    say it instead."""
    ranking: Literal["correct_first", "weighted_sum"] = "correct_first"
    """How the expert ranks candidates: correct ones before all others, or by oracle_weight·R + verifier_weight·R_phi
    alone; a strategy may say it instead."""
    oracle_weight: float = Field(1.0, ge=0)
    """Weight of R, which is 1 for an answer that passes all tests and 0 otherwise, in an answer's value; a strategy may
    say it instead."""
    verifier_weight: float = Field(0.1, ge=0)
    """Weight of the verifier's raw logit R_phi in an answer's value; a strategy may say it instead."""
    unsolved: Literal["drop", "best_wrong", "reference"] = "drop"
    """What is trained on if no candidate of a problem is correct: nothing, the best wrong answer, or the reference
    solution; a strategy may say it instead."""
    positives: Literal["relabelled", "own"] = "relabelled"
    """Target of trajectories that end correct: the problem's best answer as for all others, or their own answers, all
    of them; a strategy may say it instead."""
    own_target: Literal["own_final", "own_next"] = "own_final"
    """What a history is paired with by strategies that keep own answers: the trajectory's last answer, or the next."""
    old_labels: Literal["renewed", "kept"] = "renewed"
    """Episodes of earlier iterations are relabelled with the newest verifier, or keep the examples made of them."""
    returned: Literal["last", "best_on_validation"] = "last"
    """Iteration whose generator and verifier are searched with at the end: the last, or the one with the best greedy
    accuracy on the validation problems."""
