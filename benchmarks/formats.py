"""Which prompt format and feedback style a small instruction-tuned model can work with: rates of answers without a
program, of answers that were cut, and accuracy, by turn.

    python benchmarks/formats.py --model DIR --dataset mbpp:validation --out formats.json
    python benchmarks/formats.py --model DIR --dataset humaneval --formats instruct+values,paper+values

All formats are played on a problem together, greedily, so what they have in common is sampled once. Formats that are
only tried here are rows below. Stopped, the same command continues from the shards that are done.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from actors.prompting.begun_answer import BegunAnswer
from actors.prompting.feedback import FEEDBACK_STYLES, FeedbackStyle, tell_test
from actors.prompting.prompts import PROMPT_FORMATS
from actors.search.plan import SearchPlan
from actors.storage.checkpoint import Checkpoint
from pipeline.config.load import load_config
from pipeline.state.run import Run
from pipeline.state.stage import Rate, Stage, StageContext, StageOutput
from sandbox.problem import Problem
from sandbox.verdict import Outcome

HERE = "benchmarks.formats"
ASK = "Write the whole corrected program again, with its imports, in one ```python code block."


def _tell_all_again(problem: Problem, outcome: Outcome) -> str:
    """The failing test, and the problem once more."""
    return f"{tell_test(problem, outcome)}\n\nThe problem was:\n\n{problem.prompt.strip()}"


AGAIN = FeedbackStyle(tell=_tell_all_again, description="The failing public test, and the problem again.")
ASKED = replace(PROMPT_FORMATS["instruct"], feedback_template=f"{{}}\n\n{ASK}", description="The tag is named.")
EXPLAINED = replace(
    ASKED,
    feedback_template="{}\n\nSay in one sentence what is wrong with the program. Then write the whole corrected "
    "program, with its imports, in one ```python code block.",
    description="What is wrong has to be said first.",
)
ANEW = replace(
    ASKED,
    feedback_template="{}\n\nThat program cannot be mended. Solve the problem again in another way: write a whole new "
    "program, with its imports, in one ```python code block.",
    description="Another program is asked for, not a corrected one.",
)
BEGUN = replace(
    ASKED,
    begun=BegunAnswer(beginning="```python\n", stops=("\n```\n",), closing="\n```\n"),
    description="The code block is opened for the model, and its answer ends with it.",
)
TRIED = {name: f"{HERE}:{name}" for name in ("BEGUN", "AGAIN", "ASKED", "EXPLAINED", "ANEW")}
FORMATS = "instruct+values,ASKED+test,ASKED+AGAIN,BEGUN+test"


def _plan(config: Any, name: str) -> SearchPlan:
    style, _, feedback = name.partition("+")
    return SearchPlan(
        turns=config.eval.turns,
        temperature=0.0,
        max_tokens=config.rollouts.max_tokens,
        seed=config.run.seed + 1,
        style=TRIED.get(style, style),
        feedback=TRIED.get(feedback, feedback),
    )


def _stage(formats: list[str]) -> Stage:
    def search(context: StageContext, *, policy: Checkpoint) -> StageOutput:
        from pipeline.stages import rollouts

        plans = [_plan(context.config, name) for name in formats]
        return rollouts.roll_out(context, context.problems("test"), 1, plans, policy)

    return Stage(
        name="search_greedy",
        title="greedy search of several formats",
        config_fields=("model", "problems.test", "problems.limit_test", "rollouts", "eval.turns", "run.seed"),
        function=search,
        rate=Rate(name="search", seconds=3e-3),
        work=lambda config, size, iteration: size("test") * config.eval.turns * len(formats),
    )


def _rates(files: list[str], formats: list[str], turns: int) -> list[dict[str, Any]]:
    """A record per format and turn: answers, those without a program, cut ones; problems, and those solved by then."""
    from actors.search.episode import Episode
    from actors.storage.parquet import read_rows

    episodes = [Episode.from_row(row) for row in read_rows(files)]
    found = []
    for number, name in enumerate(formats):
        mine = [one for one in episodes[number :: len(formats)] if one.masked is None]
        for turn in range(1, turns + 1):
            answers = [one.turns[turn - 1].answer for one in mine if len(one.turns) >= turn]
            held = [one.turns[min(turn, len(one.turns)) - 1].answer for one in mine if one.turns]
            found.append(
                {
                    "format": name,
                    "turn": turn,
                    "answers": len(answers),
                    "no_program": sum(one.program is None for one in answers),
                    "cut": sum(one.finish_reason == "length" for one in answers),
                    "tokens": sum(one.tokens for one in answers),
                    "problems": len(mine),
                    "solved": sum(bool(one.label) for one in held),
                }
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--formats", default=FORMATS)
    parser.add_argument("--name", default="formats")
    parser.add_argument("--out")
    parser.add_argument("--set", action="append", default=[])
    options = parser.parse_args()
    formats = options.formats.split(",")
    for name in formats:
        style, _, feedback = name.partition("+")
        assert TRIED.get(style) or style in PROMPT_FORMATS, style
        assert TRIED.get(feedback) or feedback in FEEDBACK_STYLES, feedback
    config = load_config(
        None,
        [
            *(f"run.name={options.name}", "run.iterations=0", "run.control=false", "model.dtype=bfloat16"),
            *(f"model.generator={options.model}", f"problems.test={options.dataset}"),
            *options.set,
        ],
    )
    from pipeline.cluster.actor_groups import ActorGroups
    from pipeline.preflight.settling import settle_config

    config = settle_config(config, trains=False, fetch=True)
    with ActorGroups(config) as actor_groups:
        run = Run(config, actor_groups)
        manifest = run.stage(0, _stage(formats), policy=run.base)
    rates = _rates([str(file) for file in manifest.files().values()], formats, config.eval.turns)
    for one in rates:
        print(json.dumps(one))
    if options.out:
        Path(options.out).write_text(json.dumps(rates, indent=1))


if __name__ == "__main__":
    main()
