"""The page's scripts without a browser, by Node.js: what filters, orders and searches find."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.episode_view.choice import choose_episodes
from pipeline.episode_view.facts import episode_facts
from pipeline.episode_view.page import open_view_place, write_view
from pipeline.episode_view.reading import read_episodes
from pipeline.state.store import Store
from tests.support.hostile_texts import HOSTILE, hostile_run

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js is installed")
RUN = """
const fs = require("fs"), vm = require("vm");
const [folder] = fs.readdirSync(process.argv[1]).filter((name) => name.startsWith("episodes-"));
process.chdir(process.argv[1]);
const load = (file) => vm.runInContext(fs.readFileSync(file, "utf8"), page);
const append = (script) => { load(script.src); script.onload(); };
const script = () => ({ remove() {} });
const document = { body: { dataset: { folder } }, head: { append }, createElement: script };
const window = { addEventListener() {} };
const page = vm.createContext({ atob, Blob, DecompressionStream, Response, document, window });
load(`${folder}/view.js`), load(`${folder}/rows.js`);
vm.runInContext(`(async () => { const rows = new mucode.Rows(await mucode.rows);
  const state = { name: "", order: "run" };
  for (const [field] of FIELDS) state[field] = "";
  return JSON.stringify(await (${process.argv[2]})(rows, state)); })()`, page).then(console.log);
"""


def ask(store: Store, out: Path, function: str) -> Any:
    """What a function of (rows, state without a filter) returns on the page of a run."""
    write_view(store, choose_episodes(store, 10_000), open_view_place(str(out)))
    done = subprocess.run(["node", "-e", RUN, str(out), function], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_filters_let_through_what_the_facts_say(many: Store, tmp_path: Path) -> None:
    found = ask(
        many,
        tmp_path / "out",
        """async (rows, state) => {
          const one = rows.filter({ ...state, solved: "solved", turns: "2" });
          const named = rows.filter({ ...state, name: "MADE/00003" }).rows;
          const id = rows.filter({ ...state, name: rows.columns.id[7].slice(0, 12) }).rows;
          const unknown = rows.filter({ ...state, stage: "of another view" }).rows;
          const all = rows.filter(state).rows;
          const tokens = rows.sort(all.slice(), "tokens").map((row) => rows.columns.tokens[row]);
          const turns = rows.sort(all.slice(), "turns").map((row) => Number(rows.words.turns[rows.columns.turns[row]]));
          const counts = one.counts[FIELDS.findIndex(([field]) => field === "solved")];
          return { one: one.rows, counts, words: rows.words.solved, named, id, unknown, tokens, turns };
        }""",
    )
    read = [
        (episode, episode_facts(episode, stage, scores))
        for stage in choose_episodes(many, 10_000).stages
        for episode, scores in read_episodes(many, stage)
    ]
    two = [(row, facts.solved) for row, (_, facts) in enumerate(read) if len(facts.verdicts) == 2]
    assert found["one"] == [row for row, solved in two if solved] != []
    words = {"solved": True, "not solved": False, "no label": None}
    expected = [sum(solved is words[word] for _, solved in two) for word in found["words"]]
    assert found["counts"] == expected and sum(expected) == len(two)  # of the others, as if solved did not filter
    assert found["named"] == [row for row, (one, _) in enumerate(read) if one.problem_id == "made/00003"] != []
    assert (found["id"], found["unknown"]) == ([7], [])
    assert found["tokens"] == sorted((facts.tokens for _, facts in read), reverse=True)
    assert found["turns"] == sorted((len(facts.verdicts) for _, facts in read), reverse=True)


def test_texts_are_found_where_they_are_looked_for(tmp_path: Path) -> None:
    looked = ["PROMPT </script>", "response </SCRIPT>", "feedback </script>", "message </script>", *HOSTILE]
    found = ask(
        hostile_run(tmp_path),
        tmp_path / "out",
        f"""async (rows, state) => {{
          const found = {{}};
          for (const text of {json.dumps(looked)}) for (const place of ["prompts", "answers", "feedback"]) {{
            const search = new mucode.Search(rows, text, {{ [place]: true }});
            await search.run(rows.filter(state).rows, () => true);
            (found[text] ||= {{}})[place] = [...search.hits].flatMap((hit, row) => (hit ? [row] : []));
          }}
          return found;
        }}""",
    )
    assert found["PROMPT </script>"] == {"prompts": [0], "answers": [], "feedback": []}
    assert found["response </SCRIPT>"] == {"prompts": [], "answers": [0], "feedback": []}
    assert found["feedback </script>"] == {"prompts": [], "answers": [], "feedback": [0]}
    assert found["message </script>"] == {"prompts": [], "answers": [], "feedback": []}
    for row, text in enumerate(HOSTILE):
        assert found[text] == {key: [row] for key in ("prompts", "answers", "feedback")}, text
