"""Where the paper (arXiv 2502.20380) and its released code differ: one preset of settings each.

A preset fills in the settings that a config does not name, in whatever section they live; `default` fills in
none. docs/strategies.md says what each value stands for, and which bugs of the release are not imitated.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A preset: its settings by section and name."""

    description: str
    settings: dict[str, dict[str, Any]]


PROTOCOLS: dict[str, Protocol] = {
    "default": Protocol(description="every setting has its own default", settings={}),
    "paper": Protocol(
        description="as the paper's text says (arXiv 2502.20380)",
        settings={
            "dialogue": {"style": "paper", "feedback": "traceback"},
            "protocol": {
                "train_tests": "split",
                "stop": "public",
                "candidates": "all",
                "ranking": "weighted_sum",
                "oracle_weight": 1.0,
                "verifier_weight": 0.1,
                "unsolved": "best_wrong",
                "positives": "relabelled",
                "old_labels": "renewed",
                "own_target": "own_next",
                "returned": "best_on_validation",
            },
            "verifier": {"reward_l2": 0.0, "pairs_per": "problem", "pairs_replaced": False, "max_grad_norm": 1.0},
            "fine_tune": {
                **{"trajectories_per_problem": "all", "batch_examples": 32},
                **{"schedule": "linear", "warmup_fraction": 0.0},
            },
            "model": {"max_tokens": 4096},
            "eval": {"no_repeat": False, "greedy_alone": True, "searches": 10},
        },
    ),
    "release": Protocol(
        description="as the paper's released code does",
        settings={
            "dialogue": {"style": "release", "feedback": "traceback"},
            "protocol": {
                "train_tests": "all_public",
                "stop": "all",
                "candidates": "final",
                "ranking": "weighted_sum",
                "oracle_weight": 100.0,
                "verifier_weight": 1.0,
                "unsolved": "best_wrong",
                "positives": "own",
                "old_labels": "kept",
                "own_target": "own_final",
                "returned": "last",
            },
            "verifier": {"reward_l2": 1e-3, "pairs_per": "iteration", "pairs_replaced": True, "max_grad_norm": 0.0},
            "fine_tune": {
                **{"trajectories_per_problem": 3, "batch_examples": 16},
                **{"schedule": "linear", "warmup_fraction": 0.0},
            },
            "model": {"max_tokens": 8192},
            "eval": {"no_repeat": False, "greedy_alone": False, "searches": 10},
        },
    ),
}


def with_preset(data: dict[str, Any]) -> dict[str, Any]:
    """`data` of a config, with the preset that its protocol.name asks for; what `data` sets itself stays."""
    chosen = data.get("protocol") or {}
    name = chosen.get("name") if isinstance(chosen, dict) else None
    preset = PROTOCOLS[name].settings if isinstance(name, str) and name in PROTOCOLS else {}
    filled = dict(data)
    for section, values in preset.items():
        given = filled.get(section, {})
        if isinstance(given, dict):
            filled[section] = {**values, **given}
    return filled
