// The rows, one per episode, as columns of numbers; what filters let through, in which order, and the search of texts.
"use strict";

const ANY = -2; // no code, and not -1, which an unknown word has: nothing passes that
const FIELDS = [
  ["stage", "stage"],
  ["solved", "solved"],
  ["masked", "masked"],
  ["ending", "ended"],
  ["turns", "turns"],
  ["selector", "selector"],
  ["last", "last verdict"],
];
const ORDERS = {
  run: ["in the order of the run", null],
  problem: ["by problem", (rows) => rows.problemRank],
  turns: ["most turns first", (rows) => rows.columns.turns.map((code) => -Number(rows.words.turns[code]))],
  tokens: ["most tokens first", (rows) => rows.columns.tokens.map((value) => -value)],
  high: ["highest score first", (rows) => rows.columns.score.map((value) => (value === null ? Infinity : -value))],
  low: ["lowest score first", (rows) => rows.columns.score.map((value) => (value === null ? Infinity : value))],
};

mucode.Rows = class {
  constructor(body) {
    Object.assign(this, body); // run, stages, starts, words, columns
    this.count = this.columns.stage.length;
    this.values = {}; // of each field: what its options are called, by code
    for (const [field] of FIELDS) this.values[field] = this.words[field] || [];
    const sorted = this.words.problem.map((name, code) => [name, code]);
    sorted.sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
    const rank = new Array(sorted.length);
    sorted.forEach(([, code], place) => (rank[code] = place));
    this.problemRank = this.columns.problem.map((code) => rank[code]);
  }

  // {rows: numbers of those that pass, counts: per field the rows of each code if that field alone did not filter}
  filter(state) {
    const named = this.named(state.name);
    const asked = FIELDS.map(([field]) => (state[field] === "" ? ANY : this.values[field].indexOf(state[field])));
    const columns = FIELDS.map(([field]) => this.columns[field]);
    const counts = FIELDS.map(([field]) => new Array(this.values[field].length).fill(0));
    const rows = [];
    for (let row = 0; row < this.count; row++) {
      if (!named(row)) continue;
      let refused = -1;
      let refusals = 0;
      for (let field = 0; field < columns.length && refusals < 2; field++) {
        if (asked[field] !== ANY && columns[field][row] !== asked[field]) (refused = field), refusals++;
      }
      if (refusals === 0) {
        rows.push(row);
        for (let field = 0; field < columns.length; field++) counts[field][columns[field][row]]++;
      } else if (refusals === 1) counts[refused][columns[refused][row]]++;
    }
    return { rows, counts };
  }

  // Whether a row is of a problem whose id holds the text, or the episode whose id begins with it.
  named(text) {
    if (!text) return () => true;
    const lower = text.toLowerCase();
    const problems = this.words.problem.map((name) => name.toLowerCase().includes(lower));
    const { problem, id } = this.columns;
    return (row) => problems[problem[row]] || id[row].startsWith(lower);
  }

  sort(rows, order) {
    const make = (ORDERS[order] || ORDERS.run)[1];
    if (!make) return rows;
    const keys = make(this);
    return rows.sort((a, b) => keys[a] - keys[b] || a - b);
  }

  chunkOf(row) {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async episode(row) {
    const number = this.chunkOf(row);
    const chunk = await mucode.chunk(number);
    return { ...chunk.episodes[row - this.starts[number]], texts: chunk.texts };
  }
};

// One text looked for in prompts, answers or feedback. A chunk is read once, whatever the filters are meanwhile.
mucode.Search = class {
  constructor(rows, text, places) {
    Object.assign(this, { rows, text, places });
    this.lower = text.toLowerCase();
    this.hits = new Uint8Array(rows.count);
    this.done = new Set();
    this.turn = 0; // of calls to `run`: a later one ends an earlier one
  }

  // Search the chunks of these rows; `told(searched, total)` after each, `false` from it ends the search.
  async run(rows, told) {
    const turn = ++this.turn;
    const chunks = [...new Set(rows.map((row) => this.rows.chunkOf(row)))].filter((one) => !this.done.has(one));
    for (let place = 0; place < chunks.length; place++) {
      if (place + 1 < chunks.length) mucode.chunk(chunks[place + 1]).catch(() => {}); // meanwhile; told when awaited
      const chunk = await mucode.chunk(chunks[place]);
      if (turn !== this.turn) return;
      this.searchChunk(chunks[place], chunk);
      if (told(place + 1, chunks.length) === false) return;
    }
  }

  searchChunk(number, chunk) {
    const found = chunk.texts.map((text) => text.toLowerCase().includes(this.lower));
    chunk.episodes.forEach((episode, place) => {
      if (this.isIn(episode, found)) this.hits[this.rows.starts[number] + place] = 1;
    });
    this.done.add(number);
  }

  isIn(episode, found) {
    if (this.places.prompts && found[episode.prompt]) return true;
    return episode.turns.some(
      (turn) =>
        (this.places.feedback && found[turn.feedback]) ||
        (this.places.answers && turn.answers.some((answer) => found[answer.response] || found[answer.program]))
    );
  }
};
