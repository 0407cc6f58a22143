"""What model and executor say to each other: a prompt format and a feedback style, chosen independently."""

from dataclasses import dataclass

from actors.prompting.feedback import FEEDBACK_STYLES, PASSED, FeedbackStyle
from actors.prompting.prompts import PROMPT_FORMATS, PromptFormat
from sandbox.problem import Problem
from sandbox.verdict import Outcome

NO_PROGRAM = "no program in the answer"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """How a conversation is written. `show_tests` puts the public tests into the first prompt."""

    prompt_format: PromptFormat
    feedback_style: FeedbackStyle
    show_tests: bool

    def first_prompt(self, problem: Problem) -> str:
        return self.prompt_format.first_prompt(problem, self.show_tests)

    def program(self, response: str, problem: Problem) -> str | None:
        """The program in a response; None if it holds none."""
        return self.prompt_format.read_program(response, problem)

    def reference_answer(self, problem: Problem) -> str | None:
        """The reference solution as a model would answer; None if there is none that can be read back."""
        if problem.reference is None:
            return None
        answer = self.prompt_format.write_answer(problem.reference, problem)
        return answer if self.program(answer, problem) == problem.reference.strip() else None

    def feedback(self, problem: Problem, public: Outcome) -> str:
        """What the model is told after its public tests ran."""
        told = PASSED if public.accepted else self.feedback_style.tell(problem, public)
        return self.prompt_format.feedback_template.format(told)


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


def _misfit(style: str, feedback: str) -> str:
    return (
        f"feedback style {feedback!r} asks for words before the program, but in prompt format {style!r} an answer is a "
        "program as a whole; choose another feedback style or another prompt format"
    )
