/* Starts the page: fills in the run's name, connects the step slider, search, keys and the tray of
   pictures chosen for comparison. In: the other files' objects. Out: a page that answers. */
/* global Store, Overlays, Controls, Panels, Viewer, make */
"use strict";

(() => {
  const MOST_PICKS = 4;
  const { index } = Store;
  const { steps } = index;
  const find = (id) => document.getElementById(id);
  const range = find("step-range");
  const entry = find("step-entry");
  const picks = [];
  let at = Math.max(0, steps.length - 1);
  let frame = 0;
  let addressTimer = 0;

  function showFacts() {
    const { run } = index;
    document.title = run.name;
    find("run-name").textContent = run.name;
    find("run-name").title = run.name;
    const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
    const started = run.started ? new Date(run.started) : null;
    const facts = [
      many(index.images, "picture"), many(steps.length, "step"), many(index.panels.length, "key"),
    ];
    if (started && !Number.isNaN(started.getTime())) {
      facts.push(started.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
    }
    find("run-facts").textContent = facts.join(" \u00b7 ");
    const written = new Date(index.written).toLocaleString();
    find("run-facts").title = `${run.kind}, page written ${written}`;
    const { notes } = index;
    find("notes").hidden = notes.length === 0;
    find("notes").querySelector("summary").textContent = (
      `${many(notes.length, "note")} on what could not be read`
    );
    find("notes").querySelector("ul").append(...notes.map((note) => make("li", "", note)));
  }

  function showStep() {
    range.value = String(at);
    range.setAttribute("aria-valuetext", steps.length ? `step ${steps[at]}` : "no steps");
    entry.value = steps.length ? String(steps[at]) : "";
    find("step-count").textContent = steps.length ? `${at + 1} of ${steps.length}` : "no steps";
    find("step-back").disabled = at <= 0;
    find("step-next").disabled = at >= steps.length - 1;
  }

  /* Goes to a place among the steps; many calls within one frame draw once. */
  function goTo(place) {
    at = Math.min(steps.length - 1, Math.max(0, place));
    showStep();
    if (!frame) {
      frame = requestAnimationFrame(() => {
        frame = 0;
        Panels.goTo(at);
        Viewer.goTo(at);
      });
    }
    // The address keeps the step for a reload; browsers limit how often it may change.
    clearTimeout(addressTimer);
    addressTimer = setTimeout(() => history.replaceState(null, "", `#step=${steps[at]}`), 300);
  }

  /* Goes to the latest step at or before the one typed. */
  function goToTyped() {
    const typed = Number(entry.value);
    if (entry.value.trim() === "" || Number.isNaN(typed)) {
      showStep();
      return;
    }
    goTo(Store.lastAtMost(steps, typed));
  }

  function startSteps() {
    const fromAddress = /^#step=(-?\d+)$/.exec(location.hash);
    if (fromAddress) {
      at = Math.max(0, Store.lastAtMost(steps, Number(fromAddress[1])));
    }
    range.max = String(Math.max(0, steps.length - 1));
    range.disabled = steps.length < 2;
    entry.disabled = steps.length === 0;
    range.addEventListener("input", () => goTo(Number(range.value)));
    entry.addEventListener("change", goToTyped);
    entry.addEventListener("focus", () => entry.select());
    find("step-back").addEventListener("click", () => goTo(at - 1));
    find("step-next").addEventListener("click", () => goTo(at + 1));
    showStep();
    Panels.goTo(at);
    Viewer.goTo(at);
  }

  function startTools() {
    const search = find("search");
    search.addEventListener("input", () => Panels.search(search.value));
    const size = find("tile-size");
    const root = document.documentElement;
    const setSize = () => root.style.setProperty("--tile-size", `${size.value}px`);
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
    ArrowLeft: (by) => goTo(at - by),
    ArrowRight: (by) => goTo(at + by),
    Home: () => goTo(0),
    End: () => goTo(steps.length - 1),
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
    if (isSlider && !(target === range && event.shiftKey)) {
      return; // a slider moves by itself
    }
    if (KEYS[event.key]) {
      KEYS[event.key](event.shiftKey ? 10 : 1);
      event.preventDefault();
    } else if (Viewer.key(event.key)) {
      event.preventDefault();
    }
  }

  showFacts();
  Controls.build(find("controls"));
  startCompare();
  startTools();
  Viewer.start();
  startSteps();
  Panels.layOut();
  Overlays.onChange(() => {
    Panels.redraw();
    Viewer.redraw();
  });
  document.addEventListener("keydown", onKey);
})();
