"""The files of models that a person names: by `--model`, or by a config."""

from collections.abc import Iterator

from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, broken, good, noted, skipped
from pipeline.errors import ConfigError
from pipeline.model_files.chat import render_example
from pipeline.model_files.directory import check_directory
from pipeline.preflight.check import check_model
from pipeline.sizing.model_facts import model_directory


def find_models(surroundings: Surroundings) -> Iterator[Finding]:
    """Weights by their headers, tokenizer and chat template."""
    if not surroundings.models:
        yield skipped("models", "none was named; give --model DIR, or the config of a run")
    for key, name in surroundings.models.items():
        try:
            yield _find_model(key, name, surroundings)
        except ConfigError as error:
            yield broken("models", str(error), key=key, name=name)


def _find_model(key: str, name: str, surroundings: Surroundings) -> Finding:
    most = surroundings.config.model.max_tokens if surroundings.config else None
    check_model(key, name, most)
    directory = model_directory(name)
    if directory is None:
        return noted("models", f"{key} = {name!r} is not on this machine and was not looked up", key=key, name=name)
    lines = check_directory(directory, most)
    template = "its chat template was rendered" if render_example(directory) else "its chat template was not tried"
    return good("models", f"{key} = {name!r}: {', '.join(lines)}; {template}", key=key, name=name)
