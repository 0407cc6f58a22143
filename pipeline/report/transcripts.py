"""Episodes for a person to read, as HTML: prompt, programs, feedback, verdicts and scores side by side.

Everything a model wrote is escaped, and cut if it is very long.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice

from actors.search.episode import Episode, Turn
from actors.storage.parquet import read_batches, read_rows
from pipeline.report.html import html_table, preformatted
from pipeline.stages.sampling import EPISODES
from pipeline.stages.search import SEARCH_BEST_OF_N
from pipeline.stages.verifier import SCORES
from pipeline.state.manifest import Manifest
from pipeline.trackers.console import plain_words
from sandbox.verdict import Outcome, Verdict, settling_outcome

KINDS = ("solved at turn 1", "solved later", "never solved", "passes public, fails private")
READ_PARTS, READ_EPISODES = 3, 1000
"""How far to look for episodes to show."""
COLOURS: dict[str, str] = {
    Verdict.ACCEPTED: "accepted",
    Verdict.WRONG_ANSWER: "wrong",
    Verdict.RUNTIME_ERROR: "error",
    Verdict.COMPILE_ERROR: "error",
    Verdict.UNJUDGED: "none",
    Verdict.INFRASTRUCTURE_ERROR: "none",
    "not_judged": "none",
}
"""CSS class of a verdict; the limits share one."""

Scores = dict[tuple[str, int], float]  # (episode_id, turn) -> raw logit


def episodes_to_read(manifests: Sequence[Manifest]) -> str:
    """Twelve to read: of each kind two training episodes and one search, from the last that are there."""
    shown = []
    for stage, selector, per_kind in ((EPISODES, "first", 2), (SEARCH_BEST_OF_N, "pt_lv", 1)):
        last = next((manifest for manifest in reversed(manifests) if manifest.stage == stage.name), None)
        if last is not None:
            scores = next((m for m in manifests if (m.stage, m.iteration) == (SCORES.name, last.iteration)), None)
            chosen = _chosen(last, scores if stage is EPISODES else None, selector, per_kind)
            shown += [_episode(*found, stage.name) for found in chosen]
    return "".join(shown) or "<p>Not there yet: no episodes have been sampled.</p>"


def _chosen(
    manifest: Manifest, scored: Manifest | None, selector: str, per_kind: int
) -> list[tuple[Episode, str, Scores]]:
    """Up to `per_kind` episodes of each kind that `selector` led, from the first parts, with their answers' scores."""
    found: dict[str, list[Episode]] = {kind: [] for kind in KINDS}
    for episode in islice(stream_episodes(manifest, selector), READ_EPISODES):
        kind = _kind(episode)
        if kind and len(found[kind]) < per_kind:
            found[kind].append(episode)
        if all(len(episodes) >= per_kind for episodes in found.values()):
            break
    wanted = [episode.episode_id for episodes in found.values() for episode in episodes]
    scores: Scores = {}
    if scored and wanted:
        files = list(scored.files().values())[:READ_PARTS]
        rows = read_rows(files, ["episode_id", "turn", "score"], [("episode_id", "in", wanted)])
        scores = {(row["episode_id"], row["turn"]): row["score"] for row in rows}
    return [(episode, kind, scores) for kind, episodes in found.items() for episode in episodes]


def stream_episodes(manifest: Manifest, selector: str) -> Iterator[Episode]:
    for batch in read_batches(list(manifest.files().values())[:READ_PARTS], batch_rows=64):
        yield from (Episode.from_row(row) for row in batch.to_pylist() if row["selector"] == selector)


def _kind(episode: Episode) -> str | None:
    """Which of KINDS an episode is; None if it is masked, or nothing was judged."""
    if episode.masked or not episode.turns:
        return None
    labels = [turn.answer.label for turn in episode.turns]
    if labels[0]:
        return KINDS[0]
    last = episode.turns[-1].answer
    if labels[-1] is False:
        return KINDS[3] if last.public and last.public.accepted else KINDS[2]
    return KINDS[1] if labels[-1] else None


def _episode(episode: Episode, kind: str, scores: Scores, stage: str) -> str:
    verdicts = " ".join(_tag(settling_outcome(turn.answer.public, turn.answer.private)) for turn in episode.turns)
    where = f"{plain_words(stage)}, iteration {episode.iteration}, sample {episode.sample}, {episode.selector}"
    turns = episode_turns(episode, scores)
    return (
        f"<details><summary><b>{escape(kind)}</b> · {escape(episode.problem_id)} {verdicts}<br>"
        f"<small>{escape(where)} · {escape(episode.episode_id)}</small></summary><div>"
        f"<div class=prompt><small>Prompt</small>{preformatted(episode.prompt)}</div><div class=turns>{turns}</div>"
        "</div></details>"
    )


def episode_turns(episode: Episode, scores: Scores) -> str:
    return "".join(
        _turn(number, turn, scores.get((episode.episode_id, number))) for number, turn in enumerate(episode.turns)
    )


def _turn(number: int, turn: Turn, score: float | None) -> str:
    answer = turn.answer
    score = answer.score if score is None else score
    judged = f"public {_tag(answer.public)} private {_tag(answer.private)}"
    shown = judged if score is None else f"{judged} score&nbsp;{score:.2f}"
    text = preformatted(answer.response if answer.program is None else answer.program)
    pieces = [f"<section><h3>Turn {number + 1}</h3><p>{shown}</p>", text]
    if answer.program is None:
        pieces.append("<p class=soft>The response holds no program; it is shown whole.</p>")
    if turn.feedback:
        pieces.append(f"<small>Feedback</small>{preformatted(turn.feedback)}")
    if len(turn.answers) > 1:
        pieces.append(f"<small>Chosen of {len(turn.answers)}</small>{_candidates(turn)}")
    return "".join([*pieces, "</section>"])


def _candidates(turn: Turn) -> str:
    rows = [
        [
            f"{'<b>' if index == turn.chosen else ''}{index + 1}{'</b> chosen' if index == turn.chosen else ''}",
            _tag(answer.public),
            _tag(answer.private),
            "" if answer.score is None else f"{answer.score:.2f}",
        ]
        for index, answer in enumerate(turn.answers)
    ]
    return html_table(["answer", "public", "private", "score"], rows)


def _tag(outcome: Outcome | None) -> str:
    if outcome is None:
        return '<span class="tag none">not run</span>'
    return f'<span class="tag {COLOURS.get(outcome.verdict, "limit")}">{plain_words(outcome.verdict)}</span>'
