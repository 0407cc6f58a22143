"""Modules that programs usually import, paid for once per box instead of once per run."""

import importlib
import sys

USUAL = (
    "abc array ast base64 bisect calendar cmath collections collections.abc concurrent.futures contextlib copy csv"
    " dataclasses datetime decimal enum fractions functools gc hashlib heapq inspect io itertools json linecache"
    " logging math numbers operator os pprint queue random re secrets select statistics string struct subprocess sys"
    " tempfile textwrap threading time traceback types typing unicodedata unittest uuid zlib"
)
NUMPY = "numpy numpy.ma numpy.random numpy.linalg numpy.fft numpy.polynomial"


def preload_modules() -> None:
    """Import them. What an image lacks is left out: then programs cannot use it either."""
    for name in (*USUAL.split(), *NUMPY.split()):
        try:
            importlib.import_module(name)
        except ImportError:
            continue


def seed_generators(seed: int) -> None:
    """The same random numbers in every box. Runs are forks of one process, so within a box they are anyway."""
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None:
            module.seed(seed)
