"""Modules that programs usually import, paid for once per box instead of once per run."""

import importlib
import os
import sys
import threading

USUAL = (
    "abc array ast base64 bisect calendar cmath collections collections.abc concurrent.futures contextlib copy csv"
    " dataclasses datetime decimal enum fractions functools gc hashlib heapq inspect io itertools json linecache"
    " logging math numbers operator os pprint queue random re secrets select statistics string struct subprocess sys"
    " tempfile textwrap threading time traceback types typing unicodedata unittest uuid zlib"
)
NUMPY = "numpy numpy.ma numpy.random numpy.linalg numpy.fft numpy.polynomial"


THREAD_DEADLINE_S = 10
LIBRARIES = "MUCODE_PRELOAD"
"""Environment variable of an image with libraries: what to import of them."""


def preload_modules() -> None:
    """Import them. What an image lacks is left out: then programs cannot use it either."""
    for name in (*USUAL.split(), *NUMPY.split()):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    for name in os.environ.pop(LIBRARIES, "").split():
        try:
            importlib.import_module(name)
        except Exception:  # a library may raise whatever it likes; a program that imports it will see
            continue
    for thread in threading.enumerate():  # matplotlib's timer: a process that forks has one thread
        if thread is not threading.main_thread():
            thread.join(THREAD_DEADLINE_S)


def seed_generators(seed: int) -> None:
    """The same random numbers in every box. Runs are forks of one process, so within a box they are anyway."""
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None:
            module.seed(seed)
