"""What model and executor say to each other: a prompt format and a feedback style, chosen independently."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from actors.prompting.begun_answer import BegunAnswer
from actors.prompting.feedback import FEEDBACK_STYLES, PASSED, FeedbackStyle
from actors.prompting.prompts import PROMPT_FORMATS, PromptFormat
from actors.prompting.strangers import failed_first_test
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError
from sandbox.plugin_rows import name_of
from sandbox.problem import Problem
from sandbox.verdict import Outcome

REASON_NO_PROGRAM = "no_program"
SHOWN = 60
"""Characters of a wrong result in a message."""


class DialogueError(UserError, ValueError):
    """A prompt format or a feedback style gave no text; the message says which, what, and of which problem."""

    exit_status = ENDED_IN_THE_MIDDLE


@dataclass(frozen=True, slots=True)
class Dialogue:
    """How a conversation is written. `show_tests` puts the public tests into the first prompt."""

    prompt_format: PromptFormat
    feedback_style: FeedbackStyle
    show_tests: bool

    @property
    def begun(self) -> BegunAnswer:
        """How answers begin and end."""
        return self.prompt_format.begun

    def first_prompt(self, problem: Problem) -> str:
        return _text(self.prompt_format.first_prompt, problem, self.show_tests)

    def program(self, response: str, problem: Problem) -> str | None:
        """The program in a response; None if it holds none."""
        read = self.prompt_format.read_program
        program = read(response, problem)
        return program if program is None or isinstance(program, str) else _refuse(read, program, problem)

    def reference_answer(self, problem: Problem) -> str | None:
        """The reference solution as a model would answer; None if there is none that can be read back."""
        if problem.reference is None:
            return None
        answer = self.prompt_format.write_answer(problem.reference, problem)
        return answer if self.program(answer, problem) == problem.reference.strip() else None

    def feedback(self, problem: Problem, public: Outcome, response: str = "", stranger: Problem | None = None) -> str:
        """What the model is told after its public tests ran on the program in `response`, or that it holds none.

        `stranger`: the other problem that a foreign feedback style tells of.
        """
        missing = self.prompt_format.tell_missing
        if missing and public.reason == REASON_NO_PROGRAM:
            told = missing(response, problem)
            told = told if isinstance(told, str) else _refuse(missing, told, problem)
        else:
            told = PASSED if public.accepted else self._failure(problem, public, stranger)
        return self.prompt_format.feedback_template.format(told)

    def _failure(self, problem: Problem, public: Outcome, stranger: Problem | None) -> str:
        if not self.feedback_style.foreign:
            return _text(self.feedback_style.tell, problem, public)
        assert stranger is not None, "whoever plays a plan with foreign feedback names another problem"
        return _text(self.feedback_style.tell, stranger, failed_first_test(stranger))


def build_dialogue(style: str = "bare", feedback: str = "values", show_tests: bool = True) -> Dialogue:
    """The dialogue of a prompt format (`style`) and a feedback style, by name; imports plug-ins.

    Raises RegistryError for an unknown name, ValueError for two that do not go together.
    """
    written, told = PROMPT_FORMATS[style], FEEDBACK_STYLES[feedback]
    if not told.fits(written):
        raise ValueError(_misfit(style, feedback))
    return Dialogue(written, told, show_tests)


def check_dialogue(style: str, feedback: str) -> None:
    """As far as it can be told without importing a plug-in: raises ValueError if the two do not go together."""
    shipped = style in PROMPT_FORMATS and feedback in FEEDBACK_STYLES
    if shipped and not FEEDBACK_STYLES[feedback].fits(PROMPT_FORMATS[style]):
        raise ValueError(_misfit(style, feedback))


def _text(function: Callable[..., object], problem: Problem, *more: object) -> str:
    """What the function says of the problem. Raises DialogueError if that is no text: "None" would be told."""
    found = function(problem, *more)
    return found if isinstance(found, str) else _refuse(function, found, problem)


def _refuse(function: Callable[..., object], found: object, problem: Problem) -> NoReturn:
    shown = repr(found)[:SHOWN]
    raise DialogueError(
        f"{name_of(function)} returned {shown} for problem {problem.problem_id!r}, expected text; mend it"
    )


def _misfit(style: str, feedback: str) -> str:
    return (
        f"feedback style {feedback!r} asks for words before the program, but in prompt format {style!r} an answer is a "
        "program as a whole; choose another feedback style or another prompt format"
    )
