"""Libraries of the boxes beyond numpy: how they are asked for, and by which names programs import them.

A requirement is `NAME==VERSION`, so that every machine has the same one. What a requirement brings along is there as
well, but only what is named counts as there: what a release brings along changes without notice.
"""

import re
from collections.abc import Iterable, Sequence

from sandbox.errors import UserError

IMPORTED_AS = {
    "bs4": ("beautifulsoup4",),
    "Crypto": ("pycryptodome",),
    "cv2": ("opencv-python-headless", "opencv-python"),
    "dateutil": ("python-dateutil",),
    "docx": ("python-docx",),
    "flask_login": ("flask-login",),
    "Levenshtein": ("levenshtein", "python-levenshtein"),
    "mpl_toolkits": ("matplotlib",),
    "PIL": ("pillow",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "yaml": ("pyyaml",),
}
"""Distributions by the name that programs import, where the two differ."""
PRELOADED = {
    "matplotlib": ("matplotlib.pyplot",),
    "scikit-learn": tuple(
        f"sklearn.{part}"
        for part in (
            *("cluster", "datasets", "decomposition", "ensemble", "feature_extraction.text", "linear_model"),
            *("metrics", "model_selection", "neighbors", "pipeline", "preprocessing", "svm", "tree"),
        )
    ),
    "scipy": tuple(f"scipy.{part}" for part in ("integrate", "interpolate", "linalg", "optimize", "signal", "stats")),
}
"""Modules that the fork server imports, of distributions whose top module imports little."""
_REQUIREMENT = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(\[[\w,-]+\])?==([A-Za-z0-9.+!_-]+)")


class PackagesError(UserError, ValueError):
    """A requirement that is not of the form NAME==VERSION, or a package that is named twice."""


def parse_packages(texts: Iterable[str]) -> tuple[str, ...]:
    """Requirements in their order by name, spelt alike whoever wrote them. Raises PackagesError."""
    found: dict[str, str] = {}
    for text in texts:
        match = _REQUIREMENT.fullmatch("".join(text.split()))
        if match is None:
            raise PackagesError(
                f"package {text!r}: expected NAME==VERSION, as in pandas==2.3.3, so that all boxes have the same one"
            )
        name, extras, version = _spelt(match[1]), match[2] or "", match[3]
        if name in found:
            raise PackagesError(f"package {text!r}: {name} is named twice; leave one of them out")
        found[name] = f"{name}{extras}=={version}"
    return tuple(found[name] for name in sorted(found))


def missing_imports(imports: Iterable[str], packages: Sequence[str]) -> tuple[str, ...]:
    """Those of the imported names that no requirement brings; numpy is in every image."""
    there = {"numpy", *map(distribution, packages)}
    return tuple(name for name in imports if there.isdisjoint(IMPORTED_AS.get(name, (_spelt(name),))))


def preloaded_modules(packages: Sequence[str]) -> tuple[str, ...]:
    """What the fork server imports once, so that runs do not: the named packages, not what they bring along."""
    tops = {name: top for top, names in IMPORTED_AS.items() for name in names}
    found: list[str] = []
    for name in map(distribution, packages):
        found += PRELOADED.get(name, (tops.get(name, name.replace("-", "_")),))
    return tuple(found)


def distribution(requirement: str) -> str:
    """`pandas` of `pandas==2.3.3`."""
    return re.split(r"[\[=]", requirement)[0]


def _spelt(name: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()
