"""What model and executor say to each other: a prompt style and a feedback style, chosen independently."""

from dataclasses import dataclass

from actors.prompting.feedback import FEEDBACK, PASSED, Feedback
from actors.prompting.prompts import STYLES, Style
from sandbox.problem import Problem
from sandbox.verdict import Outcome

NO_PROGRAM = "no program in the answer"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """How a conversation is written. `show_tests` puts the public tests into the first prompt."""

    style: Style
    failed: Feedback
    show_tests: bool

    def first_prompt(self, problem: Problem) -> str:
        return self.style.first_prompt(problem, self.show_tests)

    def program(self, response: str, problem: Problem) -> str | None:
        """The program in a response; None where it holds none."""
        return self.style.program(response, problem)

    def reference_answer(self, problem: Problem) -> str | None:
        """The reference solution as a model would answer; None where there is none that can be read back."""
        if problem.reference is None:
            return None
        answer = self.style.answer(problem.reference, problem)
        return answer if self.program(answer, problem) == problem.reference.strip() else None

    def feedback(self, problem: Problem, public: Outcome) -> str:
        """What the model is told after its public tests ran."""
        return self.style.frame.format(PASSED if public.accepted else self.failed(problem, public))


def dialogue(style: str = "bare", feedback: str = "values", show_tests: bool = True) -> Dialogue:
    """Raises ValueError for a name that is in no table, and for two that do not go together."""
    for name, table, what in ((style, STYLES, "dialogue style"), (feedback, FEEDBACK, "feedback style")):
        if name not in table:
            raise ValueError(f"no {what} {name!r}; there are {', '.join(table)}")
    if feedback == "explain" and not STYLES[style].prose:
        raise ValueError(
            f"feedback style 'explain' asks for words before the program, but in dialogue style {style!r} an answer "
            "is a program as a whole; choose another feedback or another style"
        )
    return Dialogue(STYLES[style], FEEDBACK[feedback], show_tests)
