"""What `mucode eval` asks for, refuses and prints, without a model."""

import json
from pathlib import Path
from typing import Any

import pytest

from actors.prompting.chat_template import ChatTemplateError
from pipeline import cli
from pipeline.commands.eval import evaluation_name, evaluation_settings
from pipeline.config.load import EMBEDDED, load_config
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.evaluation.best_of_n import answers_per_problem, best_of_n_plans
from pipeline.evaluation.metric_rows import MetricRow
from pipeline.preflight.check import check_settings
from pipeline.preflight.selectors import check_selectors
from pipeline.report.evaluation_table import evaluation_table
from pipeline.state.problems import ProblemSplits
from pipeline.state.run_directory import EVALUATION
from pipeline.state.store import Store
from sandbox.problem import FunctionTest, Problem
from tests.support.model_directories import model_directory

TEST = FunctionTest("assert f(1) == 1")
TESTED = Problem(problem_id="a", prompt="a", public_tests=(TEST,), private_tests=(TEST,))
BARE = Problem(problem_id="b", prompt="b", private_tests=(TEST,))


def config(*settings: str) -> Config:
    return load_config(None, list(settings))


# ---- plans ----------------------------------------------------------------------------------------------------------


def test_a_sweep_draws_once_for_all_and_plays_every_selector_at_every_n() -> None:
    settings = ['eval.selectors=["pt", "lv", "oracle"]', "eval.widths=[5, 1, 2]", "eval.passes=[1, 10]", "eval.beam=3"]
    plans = best_of_n_plans(config(*settings), scored=True)
    assert [(plan.selector, plan.width, plan.beam, plan.turns) for plan in plans] == [
        ("first", 10, 1, 1),  # draws and judges: pass@10 needs ten answers
        *((name, width, beam, 3) for name in ("pt", "lv", "oracle") for width, beam in ((2, 2), (5, 3))),
        ("random", 1, 1, 3),  # of one answer there is nothing to choose
    ]
    assert [plan.judge_all for plan in plans] == [True] + [False] * 7
    assert len({(plan.seed, plan.temperature, plan.top_p, plan.max_tokens) for plan in plans}) == 1


def test_without_widths_a_sweep_is_best_of_the_configs_n() -> None:
    plans = best_of_n_plans(config('eval.selectors=["random", "lv"]', "eval.best_of=4"), scored=False)
    assert [(plan.selector, plan.width) for plan in plans] == [("first", 4), ("random", 4)]


# ---- refusals -------------------------------------------------------------------------------------------------------


def test_a_selector_without_what_it_looks_at_is_refused() -> None:
    ranked = config('eval.selectors=["random", "lv", "pt_lv"]')
    with pytest.raises(ConfigError, match=r"lv, pt_lv ranks by a verifier's scores.*--verifier DIR"):
        check_selectors(ranked, None, [TESTED])
    check_selectors(ranked, "a verifier", [TESTED])
    looking = config('eval.selectors=["random", "pt", "cluster"]')
    with pytest.raises(ConfigError, match=r"pt, cluster looks at public tests, and none of the 2 problems"):
        check_selectors(looking, None, [BARE, BARE])
    check_selectors(config('eval.selectors=["random"]'), None, [BARE])


def test_feedback_of_another_problem_needs_one() -> None:
    settings = ["problems.test=builtin:test", "dialogue.feedback=foreign", "dialogue.style=bare"]
    check_settings(load_config(EMBEDDED, [*settings, "problems.limit_test=2"]), ProblemSplits(), trains=False)
    with pytest.raises(ConfigError, match=r"problems\.test = 'builtin:test': of 1 problems no other one than"):
        check_settings(load_config(EMBEDDED, [*settings, "problems.limit_test=1"]), ProblemSplits(), trains=False)


def test_problems_without_public_tests_among_others_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    check_selectors(config('eval.selectors=["pt"]'), None, [TESTED, BARE, BARE])
    assert "2 of 3 problems have no public tests" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "./nowhere"], "no such directory"),
        (["--model", "NOTEMPLATE"], "has no chat template"),
        (["--dataset", "nothing"], "nothing is neither a file nor a data set"),
        (["--selectors", "pt,best"], "eval.selectors"),
        (["--n", "0"], "eval.widths"),
        (["--selectors", "lv"], "ranks by a verifier's scores"),
        (["--verifier", "NOTEMPLATE"], "has no chat template"),
        (["--verifier", "builtin:generator"], "is no verifier, but LlamaForCausalLM"),
        (["--out", "."], "--out . is a directory"),
        (["--out", f"{__file__}/numbers.json"], "cannot be written"),
        (["--model", __file__], "is a file; expected the directory of a model"),
        (["--model", "m.gguf"], "is a GGUF file; `mucode model import m.gguf --out DIR`"),
    ],
)
def test_wrong_input_is_refused_before_any_work(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    bare = model_directory(tmp_path / "model", template=False)
    monkeypatch.setattr("pipeline.preflight.check._check_engine", lambda packages: None)
    given = {"--model": "builtin:generator", "--dataset": "builtin:test", "--config": "embedded"}
    given |= dict(zip(arguments[::2], arguments[1::2], strict=True))
    words = [word.replace("NOTEMPLATE", str(bare)) for pair in given.items() for word in pair]
    assert cli.main(["eval", *words, "--set", f"run.root={tmp_path}/runs"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("option", ["--limit", "--turns", "--beam", "--searches"])
@pytest.mark.parametrize("value", ["0", "-4", "many"])
def test_a_number_that_is_none_is_refused_by_the_name_of_its_option(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        cli.main(["eval", "--model", "m", "--dataset", "d", f"{option}={value}"])
    assert refused.value.code == 2
    found = capsys.readouterr().err
    assert f"argument {option}: expected a whole number of at least 1, found '{value}'" in found


def test_a_dry_run_says_what_it_has_not_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["eval", "--dry-run", "--model", "nobody/has-this", "--dataset", "builtin:test"]) == 0
    assert (
        "model.generator = 'nobody/has-this' is not on this machine and was not looked up: the start fetches it"
        in capsys.readouterr().out
    )


def test_an_evaluation_needs_no_verifier_to_be_made(tmp_path: Path) -> None:
    """model.verifier is the built-in one, which reads 512 tokens: nobody trains it here."""
    model = model_directory(tmp_path / "model", max_position_embeddings=8192)
    words = ["--model", str(model), "--dataset", "builtin:test", "--set", f"run.root={tmp_path}"]
    assert cli.main(["eval", *words, "--dry-run"]) == 0
    settings = ["--set", f"model.generator={model}", "--set", "model.max_tokens=4096", "--set", f"run.root={tmp_path}"]
    assert cli.main(["run", "--dry-run", *settings]) == 2


def test_a_dry_run_refuses_a_verifier_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "builtin:generator", "--dataset", "builtin:test", "--verifier", "./nowhere"]
    words += ["--config", "embedded"]
    assert cli.main(["eval", "--dry-run", *words]) == 2
    assert "--verifier = './nowhere': no such directory" in capsys.readouterr().err


def test_a_root_where_no_folder_can_be_made_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("pipeline.preflight.check._check_engine", lambda packages: None)
    assert cli.main(["run", "--set", f"run.root={tmp_path}/file/runs"]) == 2
    assert f"{tmp_path}/file is a file. Choose another folder" in capsys.readouterr().err


def test_an_evaluation_is_not_resumed_as_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(str(tmp_path / "eval-x"))
    store.write(config("run.name=eval-x").model_dump_json().encode(), "config.json")
    store.write(b"{}", EVALUATION)
    assert cli.main(["resume", str(tmp_path / "eval-x")]) == 2
    assert "is an evaluation; the same `mucode eval` again continues it" in capsys.readouterr().err


def test_a_stored_protocol_is_not_renamed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(str(tmp_path / "x"))
    store.write(config("run.name=x").model_dump_json().encode(), "config.json")
    assert cli.main(["resume", str(tmp_path / "x"), "--set", "protocol.name=paper"]) == 2
    assert "protocol.name only fills in what a config leaves open" in capsys.readouterr().err


@pytest.mark.parametrize("field", ["generator", "verifier"])
def test_a_model_of_a_run_has_a_template_and_a_config(field: str, tmp_path: Path) -> None:
    settings = config(
        "model.max_tokens=512",
        "rollouts.max_tokens=256",
        f"model.{field}={model_directory(tmp_path / 'model', template=False)}",
    )
    with pytest.raises(ConfigError, match=f"model.{field} = .* has no chat template"):
        check_settings(settings, ProblemSplits())
    (tmp_path / "model" / "tokenizer_config.json").write_text("[")
    with pytest.raises(ChatTemplateError, match=r"tokenizer_config\.json is not JSON"):
        check_settings(settings, ProblemSplits())
    (tmp_path / "model" / "config.json").write_text("{")
    with pytest.raises(ConfigError, match=r"config\.json is not JSON"):
        check_settings(settings, ProblemSplits())


def test_an_estimate_counts_searches_beams_and_the_control() -> None:
    """Per problem of a sweep: 5 answers that all share, then PT: 5 at turn 1 and beam × 5 at each of turns 2 and 3."""
    plain = ['eval.selectors=["pt"]', "eval.best_of=5", "eval.turns=3"]
    assert answers_per_problem(config(*plain)) == 5 + 5 + 2 * 5
    assert answers_per_problem(config(*plain, "eval.beam=2")) == 5 + 5 + 2 * 2 * 5
    assert answers_per_problem(config(*plain, "eval.searches=3")) == 3 * 20


def test_selectors_nobody_named_are_those_that_are_possible(capsys: pytest.CaptureFixture[str]) -> None:
    def asked(*words: str) -> list[str]:
        given = ["eval", "--model", "m", "--dataset", "d", *words]
        options = cli.make_parser(given).parse_args(given)
        (found,) = [line for line in evaluation_settings(options) if line.startswith("eval.selectors=")]
        return json.loads(found.partition("=")[2])

    assert asked() == ["random", "pt", "oracle"]
    assert asked("--verifier", "v") == ["random", "pt", "lv", "pt_lv", "oracle"]
    assert asked("--selectors", "lv") == ["lv"]
    assert capsys.readouterr().err == ""
    assert asked("--config", "embedded") == ["random", "pt"]
    assert capsys.readouterr().err == ""  # a shipped file's choice is nobody's wish
    assert asked("--config", str(EMBEDDED)) == ["random", "pt"]
    assert "lv, pt_lv left out: they need a verifier" in capsys.readouterr().err


def test_a_greedy_evaluation_searches_nothing_else_and_refuses_what_is_about_searches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["eval", "--model", "builtin:generator", "--dataset", "builtin:test", "--config", str(EMBEDDED), "--greedy"]
    assert cli.main([*words, "--limit", "7", "--turns", "2", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "searches     greedy at each of 2 turns\n" in said and "answers      at most 14," in said
    assert cli.main([*words, "--n", "5", "--k", "1", "--verifier", "builtin:verifier", "--dry-run"]) == 2
    assert "--greedy makes no best-of-N search, and --n, --k, --verifier is about those" in capsys.readouterr().err


def test_numbers_are_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["eval", "--model", "m", "--dataset", "d", "--n", "1;5"])
    assert "expected numbers with commas between them, as in 1,5; found '1;5'" in capsys.readouterr().err


def test_a_question_has_a_folder_of_its_own() -> None:
    one = evaluation_name("meta-llama/Llama-3.2-1B-Instruct", "mbpp:test", ["eval.turns=3"])
    assert one.startswith("eval-Llama-3.2-1B-Instruct-mbpp-test-")
    assert one == evaluation_name("meta-llama/Llama-3.2-1B-Instruct", "mbpp:test", ["eval.turns=3"])
    assert one != evaluation_name("meta-llama/Llama-3.2-1B-Instruct", "mbpp:test", ["eval.turns=4"])


# ---- what is printed ------------------------------------------------------------------------------------------------


def row(metric: str, series: str, turn: int, width: int, value: float, masked: int = 0) -> MetricRow:
    return MetricRow(
        metric=metric,
        series=series,
        turn=turn,
        width=width,
        value=value,
        low=value - 0.1,
        high=value + 0.1,
        n=40,
        masked=masked,
    )


def test_the_table_fits_and_says_what_it_knows() -> None:
    rows = [row("accuracy", "pt_lv", turn, 5, 0.5 + turn / 10) for turn in range(1, 5)]
    rows += [row("accuracy", "greedy", turn, 1, 0.3, masked=2) for turn in range(1, 5)]
    rows += [row("accuracy_tokens", "pt_lv", 4, 5, 321.0), row("pass_at_k", "pass@5", 1, 5, 0.4)]
    rows += [row("best_of_n", name, 1, width, 0.2) for name in ("random", "lv") for width in (1, 5)]
    text = evaluation_table(rows, "title")
    assert max(map(len, text.splitlines())) <= 100
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "greedy 30.0 [20.0, 40.0] 30.0 [20.0, 40.0] 30.0 [20.0, 40.0] - - 40" in lines
    assert "best of 5, PT+LV 60.0 [50.0, 70.0] 70.0 [60.0, 80.0] 80.0 [70.0, 90.0] 321.0 - 40" in lines
    assert "best of 5, PT+LV 90.0 [80.0, 100] 321.0 - 40" in lines  # turn 4
    assert "pass@5 40.0 [30.0, 50.0] 40" in lines
    assert "best of 5, LV 20.0 [10.0, 30.0] 40" in lines and not any("best of 1, LV" in line for line in lines)
    assert "2 episodes left out: the sandbox failed, or their tests cannot be judged" in lines
