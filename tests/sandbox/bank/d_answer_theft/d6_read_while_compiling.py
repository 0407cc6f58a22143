# row: D6
# attack: has the compiler read other files (an encoding, an import, a loader of its own); right only if it cannot
# problem: split
# verdict: accepted
# -*- coding: tests -*-
import importlib, sys
found = []
for name in ("tests", "test", "conftest", "solution", "reference", "expected", "answers", "problems"):
    try:
        module = importlib.import_module(name)
        found.append(getattr(module, "__file__", name))
    except ImportError:
        pass
def f(x):
    return [x, 2 * x] if not found else found
