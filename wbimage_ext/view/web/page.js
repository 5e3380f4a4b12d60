/* Starts the page: connects the list of runs, the slider, charts, panels, viewer, search and keys.
   In: the other files' objects. Out: a page that answers. */
/* global Charts, Compare, Controls, Live, Overlays, Panels, Runs, Source, Steps, Values, Viewer,
   make */
"use strict";

(() => {
  const MOST_PICKS = 4;
  const find = (id) => document.getElementById(id);
  const picks = [];
  let addressTimer = 0;
  let frame = 0;

  const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

  function showFacts() {
    const runs = Runs.chosen;
    const [first] = runs;
    const name = runs.length === 1 ? first.name : many(Runs.all.length, "run");
    document.title = name;
    find("run-name").textContent = name;
    find("run-name").title = name;
    const sum = (count) => runs.reduce((total, run) => total + count(run), 0);
    const facts = [
      many(sum((run) => run.card.images), "picture"),
      runs.length === 1 ? many(first.card.steps, "step") : `${runs.length} shown`,
      many(new Set([].concat(...runs.map((run) => [...run.panels.keys()]))).size, "key"),
    ];
    const started = runs.length === 1 && first.card.started ? new Date(first.card.started) : null;
    if (started && !Number.isNaN(started.getTime())) {
      facts.push(started.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
    }
    if (runs.length === 1 && first.card.exit) {
      facts.push(`failed with exit code ${first.card.exit}`);
    }
    find("run-facts").textContent = facts.join(" \u00b7 ");
    const { written } = Source.page;
    find("run-facts").title = [
      runs.length === 1 ? `${first.card.kind} in ${first.card.place}` : "",
      written ? `page written ${new Date(written).toLocaleString()}` : "served live",
    ].filter(Boolean).join(", ");
    showNotes(runs);
  }

  function showNotes(runs) {
    const notes = [
      ...Runs.notes,
      ...[].concat(...runs.map((run) => run.notes.map((note) => (
        runs.length > 1 ? `${run.name}: ${note}` : note
      )))),
    ];
    const list = find("notes").querySelector("ul");
    find("notes").hidden = notes.length === 0;
    find("notes").querySelector("summary").textContent = (
      `${many(notes.length, "note")} on what could not be read`
    );
    list.replaceChildren(...notes.map((note) => make("li", "", note)));
  }

  /* Brings everything up to what is known of the chosen runs, once a frame. */
  function refresh() {
    if (frame) {
      return;
    }
    frame = requestAnimationFrame(() => {
      frame = 0;
      Runs.chosen.forEach((run) => run.load());
      const runs = Runs.chosen.filter((run) => run.isKnown);
      Steps.use(runs);
      Panels.use(runs);
      Charts.use(runs);
      showFacts();
      update();
    });
  }

  function update() {
    Panels.update();
    Viewer.update();
    Charts.moved();
  }

  /* The address keeps what is chosen, for a reload; browsers limit how often it may change. */
  function keepAddress() {
    if (location.protocol === "about:") {
      return; // in a notebook's frame
    }
    clearTimeout(addressTimer);
    addressTimer = setTimeout(() => {
      const parts = [];
      if (Steps.places.length) {
        parts.push(`step=${Steps.short(Steps.goal())}`);
      }
      if (Steps.axis || Steps.asked) {
        parts.push(`by=${encodeURIComponent(Steps.axis)}`);
      }
      if (Runs.isChosenByUser) {
        parts.push(`runs=${Runs.chosen.map(({ id }) => id).join(",")}`);
        parts.push(...(Runs.pinned.size ? [`pins=${[...Runs.pinned].join(",")}`] : []));
      }
      history.replaceState(null, "", `#${parts.join("&")}`);
    }, 300);
  }

  function readAddress() {
    const values = new Map(location.hash.slice(1).split("&").map((part) => part.split("=")));
    const list = (name) => (values.get(name) || "").split(",").filter(Boolean);
    const step = values.has("step") ? Number(values.get("step")) : NaN;
    let by = null; // whatever the runs ask for
    try {
      by = values.has("by") ? decodeURIComponent(values.get("by")) : null;
    } catch (error) {
      by = null; // an address that was cut
    }
    return { value: Number.isNaN(step) ? null : step, by, ids: list("runs"), pins: list("pins") };
  }

  function startTools() {
    const search = find("search");
    search.addEventListener("input", () => {
      Panels.search(search.value);
      Charts.search(search.value);
    });
    const size = find("tile-size");
    const root = document.documentElement;
    const setSize = () => {
      root.style.setProperty("--tile-size", `${size.value}px`);
      root.style.setProperty("--tile-pixels", size.value);
      Panels.resize();
    };
    size.addEventListener("input", setSize);
    setSize();
    const toggle = find("side-toggle");
    const setSide = (shown) => {
      document.body.classList.toggle("no-side", !shown);
      toggle.setAttribute("aria-expanded", String(shown));
    };
    toggle.addEventListener("click", () => setSide(document.body.classList.contains("no-side")));
    setSide(window.innerWidth > 900);
  }

  const samePick = (panel, item) => (other) => other.panel === panel && other.item === item;

  function pick(panel, item, on) {
    const place = picks.findIndex(samePick(panel, item));
    if (on && place < 0 && picks.length < MOST_PICKS) {
      picks.push({ panel, item });
    } else if (!on && place >= 0) {
      picks.splice(place, 1);
    }
    showPicks();
  }

  function showPicks() {
    find("tray").hidden = picks.length === 0;
    document.body.classList.toggle("picking", picks.length > 0);
    const hint = picks.length === 1 ? ": choose one to three more" : "";
    const full = picks.length === MOST_PICKS ? ", that is as many as fit" : "";
    find("tray-text").textContent = `${picks.length} chosen${hint}${full}`;
    find("tray-compare").disabled = picks.length < 2;
    Panels.refreshPicks();
  }

  function startCompare() {
    Panels.listen({
      open: (panel, item, opener) => Viewer.open([{ panel, item }], opener),
      pick,
      isPicked: (panel, item) => picks.some(samePick(panel, item)),
    });
    const compare = find("tray-compare");
    compare.addEventListener("click", () => Viewer.open(picks, compare));
    find("tray-clear").addEventListener("click", () => {
      picks.length = 0;
      showPicks();
    });
  }

  const KEYS = {
    ArrowLeft: (by) => Steps.move(-by),
    ArrowRight: (by) => Steps.move(by),
    Home: () => Steps.goTo(0),
    End: () => Steps.toEnd(),
    k: () => Steps.play(),
    m: () => Controls.toggleKind("mask"),
    b: () => Controls.toggleKind("box"),
  };

  function onKey(event) {
    const { target } = event;
    const isTyping = target.matches("select, input:not([type=checkbox]):not([type=range])");
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping) {
      return;
    }
    if (event.key === "/" && !Viewer.isOpen()) {
      find("search").focus();
      event.preventDefault();
      return;
    }
    const isSlider = target.matches("input[type=range]") && /^(Arrow|Home|End)/.test(event.key);
    if (isSlider && !(target === Steps.range && event.shiftKey)) {
      return; // a slider moves by itself
    }
    if (KEYS[event.key]) {
      KEYS[event.key](event.shiftKey ? 10 : 1);
      event.preventDefault();
    } else if (Viewer.key(event.key)) {
      event.preventDefault();
    }
  }

  const buildControls = () => Controls.build(find("controls"));

  const address = readAddress();
  buildControls();
  Steps.start(address);
  Runs.start(address);
  Charts.start();
  Compare.start();
  Viewer.start();
  startCompare();
  startTools();
  Steps.onMove(() => {
    update();
    keepAddress();
  });
  Source.onArrival(refresh);
  Overlays.onGrowth(buildControls);
  Overlays.onChange(() => {
    Panels.redraw();
    Viewer.redraw();
  });
  Values.onChange(Viewer.update);
  document.addEventListener("keydown", onKey);
  if (Source.served) {
    Runs.onChange(() => {
      refresh();
      keepAddress();
      Live.soon();
    });
    Live.start(refresh);
  } else {
    Runs.onChange(() => {
      refresh();
      keepAddress();
    });
    Runs.take(Source.page.list);
  }
})();
