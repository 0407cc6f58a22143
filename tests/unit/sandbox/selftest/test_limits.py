"""The self-test's programs: complete headers, programs that compile, and an order. No Docker."""

import re
from pathlib import Path

import pytest

from sandbox.selftest.limits import CONSTANTS, LIMIT_CHECKS, PROGRAMS, read_check
from sandbox.verdict import Verdict


def test_every_file_is_a_check_and_the_last_looks_for_what_is_left() -> None:
    files = sorted(PROGRAMS.glob("*.py"))
    assert len(files) == len(LIMIT_CHECKS) == len({check.limit for check in LIMIT_CHECKS}) == 23
    assert LIMIT_CHECKS[-1].limit == "what an earlier run left"


@pytest.mark.parametrize("check", LIMIT_CHECKS, ids=lambda check: check.limit)
def test_a_program_is_complete(check: object) -> None:
    program = check.program  # type: ignore[attr-defined]
    names: dict[str, object] = {}
    code = compile(program, check.limit, "exec")  # type: ignore[attr-defined]
    assert "f" in code.co_names or check.verdict is not Verdict.ACCEPTED  # type: ignore[attr-defined]
    used = {name for name in CONSTANTS if re.search(rf"\b{name}\b", program)}
    exec("\n".join(line for line in program.splitlines() if line.partition(" = ")[0] in CONSTANTS), names)
    assert {name: names.get(name) for name in used} == {name: CONSTANTS[name] for name in used}


def test_a_header_that_is_not_one_is_refused(tmp_path: Path) -> None:
    for header in ("# limit: x\n", "# limit: x\n# tried: y\n# advice: z\n# limits: 3\n"):
        (tmp_path / "bad.py").write_text(f"{header}def f(): return []\n")
        with pytest.raises(ValueError, match="expected a header of limit, tried, "):
            read_check(tmp_path / "bad.py")
