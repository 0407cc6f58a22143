"""Reading TOML files and overrides into a checked config."""

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.config.mistakes import Sources, explain_mistakes
from pipeline.config.schema import Config
from pipeline.config.shipped import EMBEDDED, shipped_configs
from pipeline.errors import ConfigError
from sandbox.terminal import is_file

COMMAND_LINE = "the command line"


def load_config(
    files: str | Path | Sequence[str | Path] | None = EMBEDDED, overrides: Sequence[str] | None = None
) -> Config:
    """Read TOML files, of which later ones win key by key; apply `section.key=value` overrides; validate.

    None: the defaults above.
    """
    data: dict[str, Any] = {}
    sources = Sources()
    for file in [files] if isinstance(files, str | Path) else files or []:
        found = read_toml(file)
        if "methods" in found:
            raise ConfigError(f"{file} is a study, since it has [[methods]]; `mucode study {file}` executes it")
        sources.note(found, str(file))
        for name, section in found.items():
            known = data.get(name)
            data[name] = {**known, **section} if isinstance(known, dict) and isinstance(section, dict) else section
    for override in overrides or []:
        apply_override(data, override, sources)
    return validated_config(data, sources=sources)


def find_config(name: str | Path) -> Path:
    """The file at a path, or the shipped config of that name, as in llama-3.2-1b. Raises ConfigError."""
    path, shipped = Path(name), shipped_configs()
    if is_file(path):
        return path
    if str(name) in shipped:
        return shipped[str(name)]
    close = difflib.get_close_matches(str(name), shipped, n=1)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    raise ConfigError(f"no config file at {name}{meant}. Shipped by name: {', '.join(shipped) or 'none'}")


def read_toml(name: str | Path) -> dict[str, Any]:
    """What a TOML file holds, by its path or the name of a shipped one. Raises ConfigError if it is neither."""
    path = find_config(name)
    try:
        return _parse_toml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def _override_value(text: str) -> Any:
    """A bare word is a string, and so is what goes on in another line."""
    try:
        found = _parse_toml(f"v = {text}")
    except ValueError:
        return text
    return found["v"] if found.keys() == {"v"} else text


def _parse_toml(text: str) -> dict[str, Any]:
    """Raises ValueError for all that is wrong with it: numbers of too many digits and deep nesting, too."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def validated_config(
    data: dict[str, Any], context: dict[str, str] | None = None, sources: Sources | None = None
) -> Config:
    """The config that `data` says; AS_STORED checks no names of rows. Raises ConfigError, a line per mistake."""
    try:
        return Config.model_validate(data, context=context)
    except ValidationError as error:
        raise ConfigError("\n".join(explain_mistakes(error, Config, sources))) from None


def apply_override(data: dict[str, Any], override: str, sources: Sources | None = None) -> None:
    """Put `section.key=value` into `data`, and into `sources` who said it. Raises ConfigError."""
    key, equals, value = override.partition("=")
    section, dot, name = key.strip().partition(".")
    if not (equals and dot and name):
        raise ConfigError(f"--set {override!r}: expected section.key=value, as in rollouts.samples=8")
    parsed = _override_value(value)
    if not isinstance(data.setdefault(section, {}), dict):
        raise ConfigError(f"{section} = {data[section]!r}: expected a section, as in [{section}]")
    data[section][name] = parsed
    if sources is not None:
        sources.note(parsed, COMMAND_LINE, section, name)
