"""Which tests are one call of the tested name and a literal."""

import pytest

from sandbox.languages import python
from sandbox.languages.python import Call, split_test


@pytest.mark.parametrize(
    ("test", "call"),
    [
        ("assert f(3) == [3, 6]", Call("f(3)", [3, 6])),
        ("assert f(3) == -1, 'a message'", Call("f(3)", -1)),
        ("assert set(f(3)) == set([1, 2])", Call("set(f(3))", {1, 2})),
        ("assert round(f(3), 2) == 0.33", Call("round(f(3), 2)", 0.33)),
        ("assert f([P(1, 2)], k=g(3)) == 3", Call("f([P(1, 2)], k=g(3))", 3)),
        ("assert (f(3) == [3, 6]) == True", None),
        ("assert bool(f(3) == [3, 6]) == True", None),
        ("assert (f(3) == 6 and 1) == 1", None),
        ("assert check(f(3), [3, 6]) == True", None),
        ("assert round(f(3), g()) == 0.33", None),
        ("assert f(3)[0] == 3", None),
        ("assert [3, 6] == f(3)", None),
        ("assert f(3) == g(3)", None),
        ("assert f(3) is None", None),
        ("assert abs(f(3) - 1) < 1e-6", None),
        ("assert f(helper(3)) == 3", None),
        ("x = 3\nassert f(x) == 3", None),
        ("assert f(3", None),
    ],
)
def test_only_a_call_of_the_tested_name_splits(test: str, call: Call | None) -> None:
    assert split_test(test, "f", frozenset({"helper"})) == call


@pytest.mark.parametrize(
    ("tests", "name"),
    [
        (["assert f(1) == 2", "assert sorted(f(2)) == [3]"], "f"),
        (["assert sum(1, 2) == 3"], "sum"),
        (["assert f([Pair(1)]) == 2"], "f"),
        (["assert check(f(1), [1, 2]) == True"], None),
        (["assert f(1) == 2", "assert g(1) == 2"], None),
        (["f(1)"], None),
    ],
)
def test_the_tested_name(tests: list[str], name: str | None) -> None:
    assert python.tested_name(tests) == name
