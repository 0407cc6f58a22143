"""Installed versions against those that mucode asks for."""

import importlib.metadata
from collections.abc import Iterator

from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, broken, good, skipped
from pipeline.doctor.packages import version_of


def compare_pins(_: Surroundings) -> Finding:
    """Of the packages that are installed; those that are missing are another check's."""
    try:
        from packaging.requirements import Requirement
    except ModuleNotFoundError:
        return skipped("versions", "not compared: that needs packaging, which the extras `cpu` and `gpu` bring")
    try:
        asked = [Requirement(line) for line in importlib.metadata.requires("mucode") or []]
    except importlib.metadata.PackageNotFoundError:
        return skipped("versions", "not compared: mucode is not installed here, its folder is only on Python's path")
    wanted = {one.name: str(one.specifier) for one in asked if one.specifier}
    others = {
        one.name: found
        for one in asked
        if (found := version_of(one.name)) and not one.specifier.contains(found, prereleases=True)
    }
    if others:
        return broken("versions", f"{'; '.join(_differences(others, wanted))}. `make setup` installs what was tested")
    return good("versions", f"as mucode {version_of('mucode')} asks for them")


def _differences(found: dict[str, str], wanted: dict[str, str]) -> Iterator[str]:
    for name, version in found.items():
        yield f"{name} is {version}, expected {wanted[name]}"
