// One episode as elements. Texts of strangers become text nodes alone, with what would hide in them made visible.
"use strict";

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

mucode.visible = function (text) {
  const named = (letter) => `⟨${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
  return text.replace(/\r\n/g, "\n").replace(HIDDEN, named).replace(LONE, named);
};

// An element; attributes are this program's own, children are elements or texts.
mucode.element = function (tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  for (const child of children) if (child !== null) made.append(child);
  return made;
};

mucode.tag = function (verdict) {
  const [words, colour] = mucode.view.rows.verdicts[verdict] || [verdict, "limit"];
  return mucode.element("span", { class: `tag ${colour}` }, words);
};

// The texts of a search are marked; `pieces` are [text, CSS class].
mucode.preformatted = function (...pieces) {
  const made = mucode.element("pre", {});
  for (const [text, look] of pieces) {
    const span = mucode.element("span", look ? { class: look } : {});
    mucode.appendMarked(span, mucode.visible(text), mucode.view.marked());
    if (text) made.append(span);
  }
  return made;
};

mucode.appendMarked = function (parent, text, wanted) {
  const lower = wanted ? text.toLowerCase() : "";
  let from = 0;
  // Letters that change their length in lower case would shift places: such a text stays unmarked.
  for (let at = lower.length === text.length && wanted ? lower.indexOf(wanted) : -1; at >= 0; at = lower.indexOf(wanted, from)) {
    parent.append(text.slice(from, at), mucode.element("mark", {}, text.slice(at, at + wanted.length)));
    from = at + wanted.length;
  }
  parent.append(text.slice(from));
};

mucode.showEpisode = function (episode, row) {
  const { rows } = mucode.view;
  const small = (text) => mucode.element("small", {}, text);
  const turns = episode.turns.map((turn, number) => mucode.showTurn(episode, turn, number));
  const id = rows.columns.id[row];
  const link = mucode.element("a", { href: `#name=${encodeURIComponent(id)}` }, id);
  const who = ` · policy ${episode.policy.slice(0, 12)}${episode.verifier ? ` · verifier ${episode.verifier.slice(0, 12)}` : ""}`;
  return mucode.element(
    "div",
    {},
    mucode.element("p", { class: "soft" }, "episode ", link, who),
    mucode.element("div", { class: "prompt" }, small("Prompt"), mucode.preformatted([episode.texts[episode.prompt]])),
    mucode.element("div", { class: "turns" }, ...turns)
  );
};

mucode.showTurn = function (episode, turn, number) {
  const { texts } = episode;
  const answer = turn.answers[turn.chosen];
  const made = mucode.element("section", {}, mucode.element("h3", {}, `Turn ${number + 1}`), mucode.judged(answer));
  const numbers = [`${answer.tokens} tokens`, answer.finish === "length" ? "cut" : "", `prompt ${turn.prompt_tokens} tokens`];
  numbers.push(`sampled ${turn.sample_s} s`, `judged ${turn.judge_s} s`, `seed ${turn.seed}`);
  made.append(mucode.element("p", { class: "soft" }, numbers.filter(Boolean).join(" · ")));
  made.append(...mucode.showAnswer(answer, texts));
  if (turn.feedback !== undefined) {
    made.append(mucode.element("small", {}, "Feedback"), mucode.preformatted([texts[turn.feedback]]));
  }
  if (turn.answers.length > 1) {
    made.append(mucode.element("small", {}, `Chosen of ${turn.answers.length}`));
    turn.answers.forEach((one, place) => made.append(mucode.showCandidate(one, place, turn, texts)));
  }
  return made;
};

mucode.judged = function (answer) {
  const line = mucode.element("p", {});
  for (const suite of ["public", "private"]) {
    const outcome = answer[suite];
    line.append(`${suite} `, mucode.tag(outcome ? outcome.verdict : "not_run"));
    line.append(outcome && outcome.tests ? ` ${outcome.passed} of ${outcome.tests} tests ` : " ");
    if (outcome && outcome.seed_dependent) line.append("under the first seed of hashes alone ");
  }
  if (answer.score !== undefined) line.append(`score ${answer.score.toFixed(2)}`);
  return line;
};

// The response with the program in it, then what the judge said of it.
mucode.showAnswer = function (answer, texts) {
  const response = texts[answer.response];
  const program = answer.program === undefined ? null : texts[answer.program];
  const at = program === null ? -1 : response.indexOf(program);
  const made = [];
  if (at >= 0) {
    const end = at + program.length;
    made.push(mucode.preformatted([response.slice(0, at), "soft"], [program, ""], [response.slice(end), "soft"]));
  } else {
    made.push(mucode.preformatted([response]));
    const words = program === null ? "The response holds no program." : "The program that was run:";
    made.push(mucode.element("p", { class: "soft" }, words));
    if (program !== null) made.push(mucode.preformatted([program]));
  }
  for (const suite of ["public", "private"]) {
    const outcome = answer[suite];
    if (outcome && outcome.message !== undefined) {
      const where = outcome.failing === undefined ? "" : `, test ${outcome.failing + 1}`;
      const why = outcome.reason ? ` (${mucode.visible(outcome.reason)})` : "";
      made.push(mucode.element("small", {}, `The judge, ${suite}${where}${why}`));
      made.push(mucode.preformatted([texts[outcome.message]]));
    }
  }
  return made;
};

mucode.showCandidate = function (answer, place, turn, texts) {
  const kept = turn.kept && turn.kept.length > 1 && turn.kept.includes(place) ? " · kept" : "";
  const words = `answer ${place + 1}${place === turn.chosen ? " · chosen" : ""}${kept} `;
  const made = mucode.element("details", {}, mucode.element("summary", {}, words, ...mucode.judged(answer).childNodes));
  made.addEventListener("toggle", () => {
    if (made.open && made.children.length === 1) made.append(mucode.element("div", {}, ...mucode.showAnswer(answer, texts)));
  });
  return made;
};
