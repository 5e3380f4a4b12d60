/* How the pictures in the viewer are compared: beside each other, by a line that is dragged over
   them, in turn at one place, or by the difference of two. In: the viewer's panes. Out: their
   elements laid over each other. Nothing is read from pictures: the browser subtracts. */
/* global make, makeButton */
/* exported Compare */
"use strict";

const Compare = (() => {
  const MODES = [
    ["beside", "Beside"], ["swipe", "Swipe"], ["flicker", "Flicker"], ["difference", "Difference"],
  ];
  const FLICKER_MILLISECONDS = 600;
  const find = (id) => document.getElementById(id);
  const area = find("panes");
  const bar = find("compare-bar");
  const note = make("output", "compare-note");
  const swipe = make("input", "swipe-range");
  const gain = make("input", "gain-range");
  const buttons = new Map();
  let mode = "beside";
  let panes = [];
  let turn = 0;
  let timer = 0;

  function range(input, label, low, high, value, set) {
    Object.assign(input, { type: "range", min: low, max: high, step: 0.5, value });
    input.setAttribute("aria-label", label);
    input.title = label;
    input.addEventListener("input", set);
  }

  const isOver = () => mode !== "beside" && panes.length > 1;

  /* The panes that this way of comparing shows. */
  const compared = () => (mode === "flicker" ? panes : panes.slice(0, 2));

  function showTurn() {
    panes.forEach((pane, at) => pane.element.classList.toggle("off-turn", at !== turn));
    name();
  }

  function nextTurn() {
    turn = (turn + 1) % panes.length;
    showTurn();
  }

  /* Says in words what is seen, as the pictures lie over each other. */
  function name() {
    const [first, second] = panes.map((pane) => pane.text || pane.panel.key);
    const texts = {
      swipe: `left: ${first} \u00b7 right: ${second}`,
      flicker: panes[turn] ? `${turn + 1} of ${panes.length}: ${panes[turn].text || ""}` : "",
      difference: `difference of ${first} and ${second}`,
    };
    const rest = mode !== "flicker" && panes.length > 2 ? " (the first two)" : "";
    note.textContent = isOver() ? texts[mode] + rest : "";
    note.title = note.textContent;
  }

  function setSwipe() {
    area.style.setProperty("--swipe", `${swipe.value}%`);
    swipe.setAttribute("aria-valuetext", `${swipe.value} % of the first picture`);
  }

  function setGain() {
    area.style.setProperty("--gain", gain.value);
    gain.setAttribute("aria-valuetext", `difference times ${gain.value}`);
  }

  function apply() {
    clearInterval(timer);
    const over = isOver();
    MODES.forEach(([each]) => area.classList.toggle(`by-${each}`, over && each === mode));
    area.classList.toggle("over", over);
    bar.hidden = panes.length < 2;
    swipe.hidden = !(over && mode === "swipe");
    gain.hidden = !(over && mode === "difference");
    buttons.forEach((button, each) => button.setAttribute("aria-pressed", String(each === mode)));
    const shown = compared();
    panes.forEach((pane) => {
      pane.element.classList.toggle("left-out", over && !shown.includes(pane));
      pane.element.classList.remove("off-turn");
    });
    turn = 0;
    if (over && mode === "flicker") {
      showTurn();
      // Whoever asked for reduced motion goes on with the button or the key.
      if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
        timer = setInterval(nextTurn, FLICKER_MILLISECONDS);
      }
    }
    name();
    panes.forEach((pane) => pane.place());
  }

  /* Chooses a way; choosing flicker again shows the next picture. */
  function choose(wanted) {
    if (wanted === mode && mode === "flicker" && panes.length > 1) {
      nextTurn();
      return;
    }
    mode = wanted;
    apply();
  }

  function next() {
    const at = MODES.findIndex(([each]) => each === mode);
    choose(MODES[(at + 1) % MODES.length][0]);
  }

  function setFromPointer(event) {
    const { left, width } = panes[0].shot.element.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    swipe.value = String(share * 100);
    setSwipe();
  }

  /* Whether a press of the pointer is on the line between two pictures; then it is dragged. */
  function takes(event) {
    if (!(isOver() && mode === "swipe")) {
      return false;
    }
    const { left, width } = panes[0].shot.element.getBoundingClientRect();
    if (Math.abs(event.clientX - left - width * swipe.value / 100) > 16) {
      return false;
    }
    const end = () => {
      window.removeEventListener("pointermove", setFromPointer);
      window.removeEventListener("pointerup", end);
    };
    window.addEventListener("pointermove", setFromPointer);
    window.addEventListener("pointerup", end);
    return true;
  }

  function start() {
    range(swipe, "Where the first picture ends", 0, 100, 50, setSwipe);
    range(gain, "Brightness of the difference", 1, 16, 1, setGain);
    MODES.forEach(([each, text]) => {
      buttons.set(each, makeButton("", text, "", () => choose(each)));
    });
    const group = make("div", "row", ...buttons.values());
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "How to compare");
    bar.append(group, swipe, gain, note);
    setSwipe();
    setGain();
  }

  return {
    start,
    next,
    takes,
    name,
    use(now) {
      panes = now;
      apply();
    },
  };
})();
