"""What a base model is called in a card, and what is known of its licence. Nothing is fetched for it."""

import re
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "unknown: see the base model"
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---", re.DOTALL)
_LICENCE = re.compile(r"^(license|license_name):\s*['\"]?([\w.+-]+)['\"]?\s*$", re.MULTILINE)
MOST_READ = 1 << 16
"""Characters of a README."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """`shown`: its name without folders of this machine. `hub_name`, `licence` (as hubs write it): None: not known."""

    shown: str
    hub_name: str | None
    licence: str | None

    @property
    def licence_text(self) -> str:
        return self.licence or UNKNOWN


def describe_base(name: str) -> BaseModel:
    """Of a setting such as model.generator: `builtin:…`, a directory, an address or a hub name."""
    if name.startswith("builtin:"):
        return BaseModel(name, None, "apache-2.0")
    if Path(name).is_dir():
        return BaseModel(Path(name).resolve().name, None, _licence(Path(name)))
    if HUB_NAME.fullmatch(name):
        return BaseModel(name, name, None)
    return BaseModel(name.rstrip("/").rpartition("/")[2], None, None)


def _licence(directory: Path) -> str | None:
    """What the front matter of the directory's own card says."""
    card = directory / "README.md"
    if not card.is_file():
        return None
    with card.open(errors="replace") as stream:
        front = _FRONT_MATTER.match(stream.read(MOST_READ))
    found = dict(_LICENCE.findall(front[1])) if front else {}
    licence = found.get("license")
    return found.get("license_name", licence) if licence == "other" else licence


def shown_data_set(name: str) -> str:
    """A data set as a setting names it, without folders of this machine: "mbpp@/data/x.jsonl" is "mbpp@x.jsonl"."""
    return "+".join(re.sub(r"[^@]*/", "", part) for part in name.split("+"))
