"""Tests that cannot be judged from outside, found in their text: those that hand the program what cannot leave the
judge's box, and those that change their own process to change the program's.

A function, a class, an object of a class, a module or an endless iterator of the tests has no plain value; those of
libraries are known by their names. Where a
whole suite is calls and literals nothing is handed over: the calls' source runs beside the program. Only what is
certain is found here; the judge names the rest when it meets it.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from sandbox.checkers.source import evaluates_text
from sandbox.judging.plan import make_plan
from sandbox.languages import python
from sandbox.problem import FunctionTest, Problem, Suite
from sandbox.problems.free_names import program_names, source_tree

FUNCTION, CLASS, MODULE, ENDLESS = "a function", "a class", "a module", "an endless iterator"
ITERATORS = {"count", "cycle"}
MAKERS = {
    **{f"functools.{name}": "a partial function" for name in ("partial", "partialmethod")},
    **{f"operator.{name}": FUNCTION for name in ("itemgetter", "attrgetter", "methodcaller")},
    **{f"itertools.{name}": ENDLESS for name in ITERATORS},
    **{"re.compile": "a pattern", "io.StringIO": "a file", "io.BytesIO": "a file"},
}
"""Calls whose value has no plain form."""
_OWN_PROCESS = (
    "redirect_stdout redirect_stderr contextlib.redirect_stdout contextlib.redirect_stderr"
    " patch patch.object mock.patch mock.patch.object unittest.mock.patch unittest.mock.patch.object"
)
OWN_PROCESS = frozenset(_OWN_PROCESS.split())
"""Calls that act on the process they are made in, and that is not the program's."""
SUSPICIOUS = {
    "lambda",
    "def",
    "class",
    "import",
    *re.findall(r"\w+", _OWN_PROCESS),
    *re.findall(r"\w+", " ".join(MAKERS)),
}
WORD = re.compile(r"[^\W\d]\w*")
SNIPPET = 100


def unjudgeable_reason(problem: Problem) -> str | None:
    """Why programs for this problem cannot be judged; None if nothing speaks against it."""
    if problem.checker_source and (name := evaluates_text(problem.checker_source)):
        return f"its checker could execute what a program prints, by {name}"
    if problem.io != "function":
        return None
    if problem.language != "python":
        return _no_plan(problem)
    common = [ast.parse(problem.preamble), ast.parse(problem.setup)]
    known = _Kinds(common)
    suspicious = SUSPICIOUS | known.kinds.keys() | known.makers.keys()
    suites: tuple[Suite, Suite] = ("public", "private")
    for suite in suites:
        if why := make_plan(problem, suite).unjudgeable:
            return why
        sources = [test.source for test in problem.tests(suite) if isinstance(test, FunctionTest)]
        for number, source in enumerate(sources, start=1):
            if suspicious.isdisjoint(WORD.findall(source)):
                continue
            tree, asked = source_tree(source), _asked(problem, common)
            kind = _handed_over(tree, common, asked)
            what = f"hands the program {kind} of the tests" if kind else _own_process(tree, asked)
            if what and make_plan(problem, suite).checks:
                text = " ".join(source.split())
                text = text if len(text) <= SNIPPET else text[: SNIPPET - 1] + "…"
                return f"{suite} test {number} {what}: {text}"
    return None


def _no_plan(problem: Problem) -> str | None:
    """Why no box can judge the tests of a language that cannot be run beside them; None if one can."""
    try:
        make_plan(problem, "public")
        make_plan(problem, "private")
    except ValueError as error:
        return str(error)
    return None


def _own_process(tree: ast.Module, asked: set[str]) -> str | None:
    """What a test of the program does to a process that is not the program's."""
    if not any(isinstance(node, ast.Name) and node.id in asked for node in ast.walk(tree)):
        return None
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    called = {ast.unparse(call.func) for call in _calls(tree)}
    found = min((name for name in called & OWN_PROCESS if name.split(".")[0] not in own), default=None)
    return f"calls {found}, which reaches the tests' process and not the program's" if found else None


def _asked(problem: Problem, common: list[ast.Module]) -> set[str]:
    """The tested function; where tests do not agree on one, all names that only the program can give."""
    tests = (*problem.public_tests, *problem.private_tests)
    every = [test.source for test in tests if isinstance(test, FunctionTest)]
    tested = problem.entry_point or python.tested_name(every)
    return {tested} if tested else program_names(map(source_tree, every), common)


def _handed_over(tree: ast.Module, common: list[ast.Module], asked: set[str]) -> str | None:
    """What a call of a function of the program gets that cannot cross, if there is such a call."""
    kinds = _Kinds([*common, tree])
    kinds.bound.update(asked)
    names = {*asked, *_parameters(tree, asked)}
    for call in _calls(tree):
        if isinstance(call.func, ast.Name) and call.func.id in names:
            for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
                if (kind := kinds.of(argument)) is not None:
                    return kind
    return None


def _parameters(tree: ast.Module, asked: set[str]) -> Iterator[str]:
    """Names under which helpers of the tests know the tested function: `candidate`, after `check(f)`."""
    helpers = {node.name: node.args.args for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for call in _calls(tree):
        parameters = helpers.get(call.func.id, []) if isinstance(call.func, ast.Name) else []
        for parameter, argument in zip(parameters, call.args, strict=False):
            if isinstance(argument, ast.Name) and argument.id in asked:
                yield parameter.arg


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


class _Kinds:
    """What the tests' own names stand for, if they are bound once and that is certain."""

    def __init__(self, trees: list[ast.Module]) -> None:
        """The first is the preamble, which the program's box has, too: objects of its classes can be there as well."""
        self.shared = trees[0].body
        self.kinds: dict[str, str] = {}
        self.objects: set[str] = set()
        self.makers: dict[str, str] = {}
        self.bound: Counter[str] = Counter()
        nodes = [node for tree in trees for node in ast.walk(tree)]
        for node in nodes:
            self._bind(node)
        for name in [name for name, times in self.bound.items() if times > 1]:
            self.kinds.pop(name, None)
            self.objects.discard(name)
        for node in nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and len(node.targets) == 1:
                kind, name = self.of(node.value), node.targets[0].id
                if kind is not None and self.bound[name] == 1:
                    self.kinds[name] = kind

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.bound[node.name] += 1
            is_class = isinstance(node, ast.ClassDef)
            self.kinds |= {} if node.decorator_list else {node.name: CLASS if is_class else FUNCTION}
            if isinstance(node, ast.ClassDef) and _is_plain(node) and node not in self.shared:
                self.objects.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = (alias.asname or alias.name).split(".")[0]
                self.bound[name] += 1
                self.kinds |= {name: MODULE} if isinstance(node, ast.Import) else {}
                if isinstance(node, ast.ImportFrom) and (made := MAKERS.get(f"{node.module}.{alias.name}")):
                    self.makers[name] = made
        elif isinstance(node, ast.arg):
            self.bound[node.arg] += 1
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self.bound[node.id] += 1

    def of(self, node: ast.expr) -> str | None:
        """The kind of a value that cannot cross, None for one that can or may."""
        if isinstance(node, ast.Lambda):
            return FUNCTION
        if isinstance(node, ast.Name):
            return self.kinds.get(node.id)
        if isinstance(node, ast.Call):
            return self._made(node.func)
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            parts = [*node.elts]
        elif isinstance(node, ast.Dict):
            parts = [*node.keys, *node.values]
        return next((kind for part in parts if part is not None and (kind := self.of(part))), None)

    def _made(self, maker: ast.expr) -> str | None:
        """By a call: an object of a class of the tests, or an iterator without an end."""
        if isinstance(maker, ast.Attribute):
            return MAKERS.get(ast.unparse(maker))
        if isinstance(maker, ast.Name) and maker.id in self.objects:
            return f"an object of class {maker.id}"
        return self.makers.get(maker.id) if isinstance(maker, ast.Name) and self.bound[maker.id] == 1 else None


def _is_plain(node: ast.ClassDef) -> bool:
    """A class whose objects are nothing but that: no kind of list, nothing that `__new__` made."""
    methods = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    return not (node.bases or node.keywords or node.decorator_list or "__new__" in methods)
