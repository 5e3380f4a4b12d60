/* The one slider: its places, where it stands, and what it goes by. In: the chosen runs, and what
   the user does with the slider, its buttons, the number typed and the keys. Out: listeners are
   told of every move. It goes by the step, or by a metric such as the epoch. */
/* global Run */
/* exported Steps */
"use strict";

const Steps = (() => {
  const find = (id) => document.getElementById(id);
  const range = find("step-range");
  const entry = find("step-entry");
  const choice = find("step-axis");
  const MOST_AXES = 300;
  const listeners = [];
  let places = [];
  let at = 0;
  let axis = "";
  let isChosen = false; // the axis, by the user or the address
  let frame = 0;
  let wanted = null; // the place that the address asks for, until runs that have it are there
  let playing = 0;
  let runs = [];

  const goal = () => (places.length ? places[at] : -Infinity);
  const word = () => axis || "step";
  const short = (value) => (
    String(Number.isInteger(value) ? value : Number(value.toPrecision(10)))
  );

  function show() {
    const name = word();
    range.max = String(Math.max(0, places.length - 1));
    range.disabled = places.length < 2;
    range.value = String(at);
    range.setAttribute("aria-label", axis ? `Slider by ${axis}` : "Step");
    const told = places.length ? `${name} ${short(goal())}` : `no ${name}s`;
    range.setAttribute("aria-valuetext", told);
    entry.disabled = places.length === 0;
    if (document.activeElement !== entry) {
      entry.value = places.length ? short(goal()) : "";
    }
    find("step-count").textContent = places.length ? `${at + 1} of ${places.length}` : "no steps";
    find("step-back").disabled = at <= 0;
    find("step-next").disabled = at >= places.length - 1;
    find("step-play").disabled = places.length < 2;
  }

  /* Tells the listeners once a frame, however often the slider moved. */
  function moved() {
    show();
    if (!frame) {
      frame = requestAnimationFrame(() => {
        frame = 0;
        listeners.forEach((listener) => listener());
      });
    }
  }

  function goTo(place) {
    at = Math.min(places.length - 1, Math.max(0, place));
    wanted = null;
    moved();
  }

  /* Goes to the latest place at or before a value. */
  const goToValue = (value) => goTo(Run.lastAtMost(places, value));

  function goToTyped() {
    const typed = Number(entry.value);
    if (entry.value.trim() === "" || Number.isNaN(typed)) {
      entry.value = short(goal());
      return;
    }
    goToValue(typed);
    entry.value = short(goal());
  }

  function showAxes() {
    const names = new Set();
    runs.forEach((run) => run.axisNames.forEach((name) => names.add(name)));
    const rising = /epoch|step|_runtime|_timestamp|iter|batch|sample|token/i;
    const rank = (name) => (name === axis ? 2 : Number(rising.test(name)));
    const sorted = Array.from(names).sort((a, b) => rank(b) - rank(a));
    const known = Array.from(choice.options, (option) => option.value).join("\n");
    const options = ["", ...sorted.slice(0, MOST_AXES)];
    if (options.join("\n") !== known) {
      choice.replaceChildren(...options.map((name) => new Option(name || "step", name)));
    }
    choice.value = axis;
    choice.closest("label").hidden = options.length < 2;
  }

  /* The metric that the first of the runs asks for, or "" for the step. */
  function askedFor() {
    const asks = runs.find(({ card, axisNames }) => card.axis && axisNames.includes(card.axis));
    return asks ? asks.card.axis : "";
  }

  /* Takes the places of these runs' pictures. The slider stays at its value, or at the end. */
  function use(chosen) {
    runs = chosen;
    const wasAtEnd = at >= places.length - 1;
    if (!isChosen && wasAtEnd) {
      axis = askedFor();
    }
    const before = wanted === null ? goal() : wanted;
    const all = new Set();
    runs.forEach((run) => run.places(axis).forEach((place) => all.add(place)));
    places = Array.from(all).sort((a, b) => a - b);
    const found = Run.lastAtMost(places, before);
    at = wasAtEnd && wanted === null ? places.length - 1 : found;
    at = Math.max(0, at);
    if (wanted !== null && places.length && runs.every((run) => run.reading === 1)) {
      wanted = null;
    }
    showAxes();
    moved();
  }

  function goBy(name) {
    axis = name;
    isChosen = true;
    choice.value = name;
    at = places.length - 1;
    wanted = null;
    use(runs);
  }

  function play() {
    const button = find("step-play");
    const isPlaying = Boolean(playing);
    clearInterval(playing);
    playing = 0;
    if (!isPlaying) {
      playing = setInterval(() => goTo(at >= places.length - 1 ? 0 : at + 1), 400);
    }
    button.textContent = isPlaying ? "\u25b6" : "\u2016";
    button.setAttribute("aria-pressed", String(!isPlaying));
  }

  function start({ value, by }) {
    axis = by || "";
    isChosen = by !== null || value !== null;
    wanted = value;
    range.addEventListener("input", () => goTo(Number(range.value)));
    entry.addEventListener("change", goToTyped);
    entry.addEventListener("focus", () => entry.select());
    entry.addEventListener("blur", show);
    find("step-back").addEventListener("click", () => goTo(at - 1));
    find("step-next").addEventListener("click", () => goTo(at + 1));
    find("step-play").addEventListener("click", play);
    choice.addEventListener("change", () => goBy(choice.value));
  }

  return {
    start,
    use,
    goTo,
    goToValue,
    goal,
    word,
    short,
    play,
    range,
    onMove: (listener) => listeners.push(listener),
    move: (by) => goTo(at + by),
    toEnd: () => goTo(places.length - 1),
    get at() {
      return at;
    },
    get places() {
      return places;
    },
    get axis() {
      return axis;
    },
    get asked() {
      return askedFor();
    },
  };
})();
