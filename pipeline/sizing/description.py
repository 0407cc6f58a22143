"""What was chosen, for a person: one line per setting, with the name that overrides it."""

from actors.machine.capacity import Machine
from pipeline.config.schema import Config
from pipeline.sizing.choices import choose_sizes, on_accelerators, training_threads
from pipeline.sizing.model_facts import ModelFacts


def describe_choices(given: Config, settled: Config, model: ModelFacts, machine: Machine, *, trains: bool) -> str:
    """The settings that `given` leaves open, as they are now."""
    sizes = choose_sizes(settled, model, machine)
    values: dict[str, object] = {"model.dtype": settled.weights_dtype, "model.max_tokens": settled.context_tokens}
    if not on_accelerators(settled, machine):
        values["generator.threads"] = sizes.generator_threads
        values["generator.kv_cache_mib"] = sizes.kv_cache_mib
    values["generator.episodes_in_flight"] = sizes.episodes_in_flight
    if trains:
        values["training.threads"] = training_threads(settled, model, machine)
    open_values = {key: value for key, value in values.items() if _is_open(given, key)}
    lines = [f"  {key:<30}{value}" for key, value in open_values.items()]
    parameters = "unknown size" if model.parameters is None else f"{model.parameters / 1e6:.3g} M parameters"
    title = f"chosen for this model ({parameters}, {model.dtype or 'unknown type'}) and this machine ({machine}):"
    return "\n".join([title, *lines]) if lines else ""


def _is_open(config: Config, key: str) -> bool:
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name) is None
