/* The list of runs: which there are, which are chosen and pinned, what tells them apart.
   In: the cards of the runs. Out: the chosen runs in the order of their columns; listeners are
   told when the choice changes. */
/* global Chart, Run, make, makeButton */
/* exported Runs */
"use strict";

const Runs = (() => {
  const CHOSEN_AT_FIRST = 3;
  const MOST_CHOSEN = 12;
  const ROWS_AT_ONCE = 100;
  const MOST_COLUMNS = 12; // of configuration and metrics, each
  const COLOURS = [
    "#2f7fe8", "#e8590c", "#2b9348", "#c2255c", "#7048e8", "#0c8599", "#b08900", "#d6336c",
    "#5c7cfa", "#868e96", "#a0522d", "#099268",
  ];
  const find = (id) => document.getElementById(id);
  const section = find("runs");
  const table = find("run-table");
  const runs = new Map(); // id -> Run, in the order of the server's list
  const chosen = new Set();
  const pinned = new Set();
  const colours = new Map();
  const listeners = [];
  const texts = new Intl.Collator(undefined, { numeric: true });
  let inOrder = []; // the runs as they are sorted
  let most = ROWS_AT_ONCE;
  let notes = [];
  let wanted = "";
  let sort = { name: "started", down: true };
  let hasChosen = false; // the user, or the address
  let drawn = "";

  /* A run keeps its colour while it is in the list. */
  function colour(run) {
    if (!colours.has(run.id)) {
      const used = new Set(colours.values());
      const free = COLOURS.find((each) => !used.has(each));
      colours.set(run.id, free || COLOURS[colours.size % COLOURS.length]);
    }
    return colours.get(run.id);
  }

  function changed() {
    inOrder = Array.from(runs.values()).sort(order);
    show();
    listeners.forEach((listener) => listener());
  }

  function order(a, b) {
    const byPin = pinned.has(b.id) - pinned.has(a.id);
    const [x, y] = [valueOf(a, sort.name), valueOf(b, sort.name)];
    const isMissing = (value) => value === undefined || value === "";
    if (byPin || isMissing(x) || isMissing(y)) {
      return byPin || isMissing(x) - isMissing(y);
    }
    const up = typeof x === "number" && typeof y === "number"
      ? x - y : texts.compare(String(x), String(y));
    return sort.down ? -up : up;
  }

  /* A column's value: of the card itself, its configuration ("c:...") or its metrics ("m:..."). */
  function valueOf({ card }, column) {
    const name = column.slice(2);
    const own = (values) => (
      Object.prototype.hasOwnProperty.call(values, name) ? values[name] : undefined
    );
    if (column.startsWith("c:")) {
      return own(card.config);
    }
    return column.startsWith("m:") ? own(card.last) : card[column];
  }

  function isWanted({ card }) {
    const config = Object.entries(card.config).map(([name, value]) => `${name}=${value}`);
    const text = [card.name, card.place, ...config].join(" ").toLowerCase();
    return wanted.split(/\s+/).every((word) => text.includes(word));
  }

  /* Names of configuration whose values are not the same in all runs. */
  function differing() {
    const all = Array.from(runs.values());
    const names = new Set();
    all.forEach(({ card }) => Object.keys(card.config).forEach((name) => names.add(name)));
    return Array.from(names).filter((name) => (
      new Set(all.map((run) => String(valueOf(run, `c:${name}`)))).size > 1
    )).slice(0, MOST_COLUMNS);
  }

  function metrics() {
    const names = new Set();
    runs.forEach(({ card }) => Object.keys(card.last).forEach((name) => names.add(name)));
    return Chart.inOrder(Array.from(names)).slice(0, MOST_COLUMNS);
  }

  function columns() {
    return [
      ["name", "Run"], ["started", "Started"], ["images", "Pictures"],
      ...differing().map((name) => [`c:${name}`, name]),
      ...metrics().map((name) => [`m:${name}`, name]),
    ];
  }

  function cellText(run, column) {
    const value = valueOf(run, column);
    if (value === undefined || value === "") {
      return "";
    }
    if (column === "started") {
      const date = new Date(value);
      return Number.isNaN(date.getTime())
        ? String(value) : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    }
    return typeof value === "number" ? Chart.short(value) : String(value);
  }

  function choose(run, on) {
    hasChosen = true;
    if (on && chosen.size < MOST_CHOSEN) {
      chosen.add(run.id);
    } else {
      chosen.delete(run.id);
    }
    changed();
  }

  function pin(run) {
    if (!pinned.delete(run.id)) {
      pinned.add(run.id);
      chosen.add(run.id);
    }
    hasChosen = true;
    changed();
  }

  function rowOf(run, shown) {
    const box = make("input");
    box.type = "checkbox";
    box.checked = chosen.has(run.id);
    box.disabled = !box.checked && chosen.size >= MOST_CHOSEN;
    box.setAttribute("aria-label", `Show ${run.name}`);
    box.addEventListener("change", () => choose(run, box.checked));
    const dot = make("i", "dot");
    dot.style.color = colour(run);
    const star = makeButton("pin", "", `Pin ${run.name}: its column stays first`, () => pin(run));
    star.setAttribute("aria-pressed", String(pinned.has(run.id)));
    const mark = run.card.exit ? " \u2717" : ""; // failed
    const label = make("label", "", box, dot, make("span", "", run.name + mark));
    const name = make("td", "", make("div", "run-cell", label, star));
    const end = run.card.exit ? `failed with exit code ${run.card.exit}` : "";
    name.title = [run.name, `${run.card.place} (${run.card.kind})`, end].filter(Boolean).join("\n");
    const reading = run.card.reading < 1 ? ` (${Math.round(run.card.reading * 100)} % read)` : "";
    const cells = shown.slice(1).map(([column]) => {
      const text = cellText(run, column) + (column === "images" ? reading : "");
      const cell = make("td", typeof valueOf(run, column) === "number" ? "number" : "", text);
      cell.title = text;
      return cell;
    });
    return make("tr", chosen.has(run.id) ? "chosen" : "", name, ...cells);
  }

  function headOf([column, text]) {
    const isSorted = sort.name === column;
    const mark = isSorted ? (sort.down ? " \u2193" : " \u2191") : "";
    const head = make("th", "", makeButton("", text + mark, "", () => {
      sort = { name: column, down: isSorted ? !sort.down : column !== "name" };
      changed();
    }));
    head.scope = "col";
    head.setAttribute("aria-sort", isSorted ? (sort.down ? "descending" : "ascending") : "none");
    head.title = column.startsWith("c:") ? `${text} (configuration)` : text;
    return head;
  }

  /* Draws the table where something in it has changed; the focus stays where it was. */
  function show() {
    section.hidden = runs.size < 2;
    const found = inOrder.filter(isWanted);
    const listed = found.slice(0, most);
    find("run-count").textContent = `${chosen.size} of ${runs.size} shown`;
    const cards = listed.map((run) => run.card);
    const state = JSON.stringify([cards, [...chosen], [...pinned], sort]);
    find("run-more").hidden = found.length <= most;
    find("run-more").textContent = `Show more of ${found.length} runs (${listed.length} shown)`;
    if (section.hidden || state === drawn) {
      return;
    }
    drawn = state;
    const shown = columns();
    const focused = table.contains(document.activeElement)
      ? document.activeElement.getAttribute("aria-label") : null;
    table.replaceChildren(
      make("thead", "", make("tr", "", ...shown.map(headOf))),
      make("tbody", "", ...listed.map((run) => rowOf(run, shown)))
    );
    if (focused) {
      const again = Array.from(table.querySelectorAll("[aria-label]"))
        .find((element) => element.getAttribute("aria-label") === focused);
      if (again) {
        again.focus();
      }
    }
  }

  /* Takes in what changed in the list of runs. */
  function take({ ids, cards, notes: unreadable }) {
    notes = unreadable;
    cards.forEach((card) => {
      if (runs.has(card.id)) {
        runs.get(card.id).card = card;
      } else {
        runs.set(card.id, new Run(card));
      }
    });
    const there = new Set(ids);
    runs.forEach((run, id) => {
      if (!there.has(id)) {
        [runs, chosen, pinned, colours].forEach((each) => each.delete(id));
      }
    });
    if (chosen.size && !Array.from(chosen).some((id) => runs.has(id))) {
      hasChosen = false; // the address names runs that are not here any more
    }
    if (!hasChosen) {
      // New runs join the newest ones until the user chooses.
      chosen.clear();
      const newest = Array.from(runs.values()).sort(
        (a, b) => texts.compare(b.card.started, a.card.started)
      );
      newest.slice(0, CHOSEN_AT_FIRST).forEach((run) => chosen.add(run.id));
    }
    changed();
  }

  function start({ ids, pins }) {
    if (ids.length) {
      hasChosen = true;
      ids.forEach((id) => chosen.add(id));
      pins.forEach((id) => pinned.add(id));
    }
    const search = find("run-search");
    search.addEventListener("input", () => {
      wanted = search.value.trim().toLowerCase();
      drawn = "";
      show();
    });
    find("run-more").addEventListener("click", () => {
      most += ROWS_AT_ONCE * 4;
      show();
    });
    find("run-none").addEventListener("click", () => {
      hasChosen = true;
      chosen.clear();
      pinned.forEach((id) => chosen.add(id));
      changed();
    });
  }

  return {
    start,
    take,
    colour,
    choose,
    /* The chosen runs, in the order of the list: pinned ones first. */
    get chosen() {
      return inOrder.filter((run) => chosen.has(run.id));
    },
    get all() {
      return Array.from(runs.values());
    },
    get notes() {
      return notes;
    },
    get isChosenByUser() {
      return hasChosen;
    },
    pinned,
    onChange: (listener) => listeners.push(listener),
  };
})();
