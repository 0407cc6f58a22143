// The page: filters, order and search as its address says, the list of what passes, an episode when it is opened.
"use strict";

const PAGE_ROWS = 50;
const DEFAULTS = { name: "", order: "run", text: "", in: "paf", page: "1" };
for (const [field] of FIELDS) DEFAULTS[field] = "";

mucode.View = class {
  constructor(rows) {
    this.rows = rows;
    this.state = this.readAddress();
    this.search = null;
    this.searching = "";
    this.controls = {};
    this.status = document.getElementById("status");
    this.list = document.getElementById("list");
    this.pages = document.getElementById("pages");
  }

  start() {
    this.makeControls();
    window.addEventListener("hashchange", () => {
      this.state = this.readAddress();
      this.renew();
    });
    this.renew();
  }

  // ---- the address -------------------------------------------------------------------------------------------------

  readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    const state = { ...DEFAULTS };
    for (const key of Object.keys(DEFAULTS)) if (given.has(key)) state[key] = given.get(key);
    return state;
  }

  change(changes) {
    this.state = { ...this.state, page: "1", ...changes };
    const given = new URLSearchParams();
    for (const [key, value] of Object.entries(this.state)) if (value !== DEFAULTS[key]) given.set(key, value);
    try {
      history.replaceState(null, "", `#${given}`);
    } catch {
      // a browser that forbids it of files on disk: the page works, its address stays
    }
    this.renew();
  }

  // ---- controls ----------------------------------------------------------------------------------------------------

  makeControls() {
    const box = document.getElementById("filters");
    for (const [field, label] of FIELDS) {
      if (this.rows.values[field].length > 1) this.addControl(box, field, label, mucode.element("select", {}));
    }
    const orders = Object.entries(ORDERS).map(([key, [words]]) => mucode.element("option", { value: key }, words));
    this.addControl(box, "order", "order", mucode.element("select", {}, ...orders));
    this.addControl(box, "name", "problem or episode id", mucode.element("input", { type: "search" }));
    const text = mucode.element("input", { type: "search", placeholder: "Enter searches" });
    this.addControl(box, "text", "text", text).classList.add("broad");
    const places = mucode.element("fieldset", {});
    for (const [letter, words] of [["p", "prompts"], ["a", "answers"], ["f", "feedback"]]) {
      const tick = mucode.element("input", { type: "checkbox", value: letter });
      places.append(mucode.element("label", {}, tick, ` ${words}`));
    }
    places.addEventListener("change", () => this.change({ in: this.tickedPlaces() }));
    this.controls.in = places;
    box.append(places);
    document.getElementById("reset").addEventListener("click", () => this.change(DEFAULTS));
    document.getElementById("stop").addEventListener("click", () => this.stopSearch());
  }

  addControl(box, key, words, control) {
    control.name = key;
    control.addEventListener("change", () => this.change({ [key]: control.value }));
    if (key === "name") control.addEventListener("input", () => this.change({ name: control.value }));
    this.controls[key] = control;
    const label = mucode.element("label", {}, mucode.element("small", {}, words), control);
    box.append(label);
    return label;
  }

  tickedPlaces() {
    const ticked = [...this.controls.in.querySelectorAll("input")].filter((one) => one.checked);
    return ticked.map((one) => one.value).join("") || DEFAULTS.in;
  }

  showControls(counts) {
    FIELDS.forEach(([field], place) => {
      const control = this.controls[field];
      if (!control) return;
      const asked = this.state[field];
      const shown = this.rows.values[field].map((words, code) => [words, counts[place][code]]);
      if (asked && !this.rows.values[field].includes(asked)) shown.push([asked, 0]);
      if (field !== "stage") shown.sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
      const options = shown.filter(([words, count]) => count || words === asked);
      const option = ([words, count]) =>
        mucode.element("option", { value: words }, `${mucode.visible(words.replaceAll("_", " "))} (${count})`);
      control.replaceChildren(mucode.element("option", { value: "" }, "all"), ...options.map(option));
      control.value = this.state[field];
    });
    this.controls.order.value = this.state.order;
    for (const key of ["name", "text"]) if (this.controls[key].value !== this.state[key]) this.controls[key].value = this.state[key];
    for (const tick of this.controls.in.querySelectorAll("input")) tick.checked = this.state.in.includes(tick.value);
  }

  // ---- what is shown -----------------------------------------------------------------------------------------------

  renew() {
    const { rows, counts } = this.rows.filter(this.state);
    this.passing = rows;
    this.showControls(counts);
    this.startSearch();
    this.show();
  }

  marked() {
    return this.search ? this.search.lower : "";
  }

  startSearch() {
    const { text, in: letters } = this.state;
    const places = { prompts: letters.includes("p"), answers: letters.includes("a"), feedback: letters.includes("f") };
    if (!text) return this.stopSearch((this.search = null));
    if (!this.search || this.search.text !== text || this.search.letters !== letters) {
      if (this.search) this.search.turn++;
      this.search = new mucode.Search(this.rows, text, places);
      this.search.letters = letters;
    }
    const search = this.search;
    this.searching = " · searching";
    let shown = performance.now();
    const told = (done, total) => {
      if (search !== this.search) return false;
      this.searching = done < total ? ` · searched ${done} of ${total} files` : "";
      if (done === total || performance.now() - shown > 300) this.show(), (shown = performance.now());
      return true;
    };
    document.getElementById("stop").hidden = false;
    const ended = (words) => search === this.search && this.endSearch(words);
    const run = search.run(this.passing, told);
    const turn = search.turn; // `run` began it
    run.then(() => turn === search.turn && ended("")).catch((error) => turn === search.turn && ended(` · ${error.message}`));
  }

  stopSearch() {
    if (this.search) this.search.turn++;
    this.endSearch(this.search ? " · the search was stopped: there may be more" : "");
  }

  endSearch(words) {
    this.searching = words;
    document.getElementById("stop").hidden = true;
    this.show();
  }

  show() {
    const { search } = this;
    const found = search ? this.passing.filter((row) => search.hits[row]) : this.passing.slice();
    const rows = this.rows.sort(found, this.state.order);
    const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
    const page = Math.min(Math.max(1, Math.trunc(Number(this.state.page)) || 1), pages);
    const words = rows.length === this.rows.count ? "" : ` of ${this.rows.count}`;
    this.status.textContent = `${rows.length}${words} episodes${this.searching}`;
    const wanted = rows.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS);
    const there = new Map([...this.list.children].map((one) => [one.dataset.row, one]));
    if (this.look !== this.marked()) there.clear(); // other words are marked
    this.look = this.marked();
    this.list.replaceChildren(...wanted.map((row) => there.get(String(row)) || this.item(row)));
    if (rows.length === 1 && this.state.name) this.list.firstChild.open = true;
    this.showPages(page, pages);
  }

  showPages(page, pages) {
    const button = (words, to) => {
      const made = mucode.element("button", { type: "button" }, words);
      made.disabled = to < 1 || to > pages;
      made.addEventListener("click", () => (this.change({ page: String(to) }), this.status.scrollIntoView()));
      return made;
    };
    this.pages.hidden = pages === 1;
    this.pages.replaceChildren(button("Previous", page - 1), ` page ${page} of ${pages} `, button("Next", page + 1));
  }

  item(row) {
    const { columns, words } = this.rows;
    const of = (field) => words[field][columns[field][row]];
    const verdicts = of("verdicts").split(" ").filter(Boolean).map(mucode.tag);
    const score = columns.score[row] === null ? "" : ` · score ${columns.score[row].toFixed(2)}`;
    const end = ` · ${of("ending")} · ${columns.tokens[row]} tokens${score}`;
    const width = columns.width[row] > 1 ? ` of ${columns.width[row]} answers` : "";
    const where = `${of("stage")}, sample ${columns.sample[row]}, ${mucode.visible(of("selector"))}${width}${end}`;
    const spaced = verdicts.flatMap((tag) => [" ", tag]);
    const head = [mucode.element("b", {}, of("solved")), ` · ${mucode.visible(of("problem"))}`, ...spaced];
    const made = mucode.element(
      "details",
      { "data-row": String(row), class: { solved: "yes", "not solved": "no" }[of("solved")] || "" },
      mucode.element("summary", {}, ...head, mucode.element("br", {}), mucode.element("small", {}, where))
    );
    made.addEventListener("toggle", () => made.open && made.children.length === 1 && this.open(made, row));
    return made;
  }

  async open(item, row) {
    const place = mucode.element("div", {}, "loading");
    item.append(place);
    try {
      place.replaceWith(mucode.showEpisode(await this.rows.episode(row), row));
    } catch (error) {
      place.replaceChildren(`${error.message}`);
    }
  }
};

window.addEventListener("DOMContentLoaded", async () => {
  const status = document.getElementById("status");
  try {
    if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old: Chrome 80, Firefox 113, Safari 16.4 or newer");
    if (!mucode.rows) throw new Error("rows.js cannot be read: copy the whole folder");
    mucode.view = new mucode.View(new mucode.Rows(await mucode.rows));
    mucode.view.start();
  } catch (error) {
    status.textContent = `The episodes cannot be shown: ${error.message}`;
  }
});
