/* What is drawn over pictures, and how: layers, classes, colours, thresholds, and the SVG filters
   that colour masks. In: the runs' layers and label sets, and what the user switches. A layer
   of one kind and name is one, whichever run it is of, so that one switch is for all of them.
   Out: questions answered for the drawing code; listeners are told of every change.

   A mask is shown as the PNG file itself. Its red channel is the class number, and a filter looks
   colour and visibility up in tables of 256 entries. So no pixel is read or copied, switching a
   class is one attribute, and colours are exact (sRGB, alpha only 0 or 1, opacity comes after). */
/* exported Overlays */
"use strict";

const Overlays = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const PATTERNS = 4; // solid, dashed, dotted, dash-dot; the style sheet has as many
  const FIRST_COLOURS = [
    "8792a8", "ff4d55", "2f95ff", "33c56b", "ffb01f", "a968ff", "00c0c7", "ff79c4",
    "c3dd35", "ff7d3c", "6d78ff", "a87740", "82d4ff", "cf3a8b", "4c9b58", "ffd79c",
  ];
  const TRUTH = /truth|target|label|annot|reference|^gt$|^gt[^a-z]|[^a-z]gt$/i;
  const BACKGROUND = /^_*(background|bg|unlabel+ed|void)_*$/i;
  const OTHER = "other";
  const GOLDEN_ANGLE = 137.508; // degrees; hues far apart for as many classes as there are

  const colours = Array.from({ length: 256 }, (_, number) => {
    if (number < FIRST_COLOURS.length) {
      const value = parseInt(FIRST_COLOURS[number], 16);
      return [value >> 16, (value >> 8) & 255, value & 255];
    }
    const saturation = [0.85, 0.6, 0.72][number % 3];
    return fromHsl(number * GOLDEN_ANGLE, saturation, [0.58, 0.68, 0.46, 0.76][number % 4]);
  });

  function fromHsl(hue, saturation, light) {
    const reach = saturation * Math.min(light, 1 - light);
    return [0, 8, 4].map((offset) => {
      const turn = (offset + hue / 30) % 12;
      return Math.round(255 * (light - reach * Math.max(-1, Math.min(turn - 3, 9 - turn, 1))));
    });
  }

  const classKey = (id, name) => `${id}\n${name}`;

  const state = {
    layers: [],
    labels: [], // sets of class names
    opacity: 0.55,
    names: true,
    scores: new Map(), // name -> [lowest, highest]
    thresholds: new Map(),
  };
  const setNumbers = new Map();
  const filters = new Map();
  const listeners = [];
  const growthListeners = [];

  const onChange = (listener) => listeners.push(listener);
  const onGrowth = (listener) => growthListeners.push(listener);

  /* Takes in the layers, label sets and scores of a run's part. Returns what the run's numbers
     for layers and label sets stand for: {layers: [layer, ...], labels: [set number, ...]}. */
  function take({ layers, labels, scores }) {
    let grew = false;
    const found = layers.map(({ kind, name, classes }) => {
      let layer = state.layers.find((other) => other.kind === kind && other.name === name);
      if (!layer) {
        layer = { kind, name, number: state.layers.length, on: true, classes: [], off: new Set() };
        state.layers.push(layer);
        grew = true;
      }
      grew = addClasses(layer, classes) || grew;
      return layer;
    });
    Object.entries(scores).forEach(([name, [low, high]]) => {
      const [least, most] = state.scores.get(name) || [low, high];
      if (!state.scores.has(name)) {
        state.thresholds.set(name, -Infinity);
      }
      grew = grew || !state.scores.has(name) || low < least || high > most;
      state.scores.set(name, [Math.min(low, least), Math.max(high, most)]);
    });
    const sets = labels.map((names) => {
      const identity = JSON.stringify(Object.entries(names));
      if (!setNumbers.has(identity)) {
        setNumbers.set(identity, state.labels.push(names) - 1);
      }
      return setNumbers.get(identity);
    });
    if (grew) {
      choosePatterns();
      growthListeners.forEach((listener) => listener());
    }
    return { layers: found, labels: sets };
  }

  /* Adds the classes that a layer does not have yet; returns whether there were any. */
  function addClasses(layer, classes) {
    const known = new Set(layer.classes.map((entry) => entry.key));
    const added = classes.map(([id, name]) => ({ id, name, key: classKey(id, name) }))
      .filter((entry) => !known.has(entry.key));
    added.forEach((entry) => {
      if (layer.kind === "mask" && entry.id === 0 && BACKGROUND.test(entry.name)) {
        layer.off.add(entry.key);
      }
    });
    const named = layer.classes.filter((entry) => entry.id !== null);
    layer.classes = [...named, ...added].sort((a, b) => a.id - b.id);
    if (layer.kind === "mask") {
      layer.classes.push({ id: null, name: "without a name", key: OTHER });
    }
    return added.length > 0;
  }

  /* Truth is drawn solid, and whatever else there is in other patterns. */
  function choosePatterns() {
    for (const kind of ["mask", "box"]) {
      const alike = state.layers.filter((layer) => layer.kind === kind);
      alike.sort((a, b) => TRUTH.test(b.name) - TRUTH.test(a.name));
      alike.forEach((layer, place) => {
        layer.pattern = place % PATTERNS;
      });
    }
  }

  function changed() {
    for (const filter of filters.values()) {
      filter.fill();
    }
    listeners.forEach((listener) => listener());
  }

  const colour = (id) => colours[((Math.trunc(id || 0) % 256) + 256) % 256];
  const cssColour = (id) => (id === null ? "#ccd2dc" : `rgb(${colour(id).join(" ")})`);

  /* Black or white, whichever has the higher contrast ratio (WCAG 2) with the class's colour. */
  function inkOn(id) {
    const linear = (value) => (
      value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4
    );
    const [red, green, blue] = (id === null ? [204, 210, 220] : colour(id)).map(linear);
    return red * 0.2126 + green * 0.7152 + blue * 0.0722 > 0.179 ? "#000" : "#fff";
  }

  function className(labels, id) {
    const name = state.labels[labels][id];
    return name === undefined ? `class ${id}` : name;
  }

  function isMaskClassOn(layer, labels, id) {
    const name = state.labels[labels][id];
    if (name === undefined) {
      return id !== 0 && !layer.off.has(OTHER); // an unnamed 0 is the empty ground
    }
    return !layer.off.has(classKey(id, name));
  }

  function isBoxOn(layer, labels, box) {
    const [, , , , id = null, , scores] = box;
    if (id !== null && layer.off.has(classKey(id, className(labels, id)))) {
      return false;
    }
    return Object.entries(scores || {}).every(
      ([name, score]) => score >= state.thresholds.get(name)
    );
  }

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    parent.append(made);
    return made;
  }

  function discrete(parent, channel, values) {
    return element(`feFunc${channel}`, { type: "discrete", tableValues: values.join(" ") }, parent);
  }

  /* Entries stand a little above c / 255, so that no browser's rounding falls to c - 1. */
  const exact = (value) => Math.min(1, (value + 0.4) / 255).toFixed(5);

  function makeFilter(id, layer, labels) {
    const filter = element("filter", {
      id, x: 0, y: 0, width: "100%", height: "100%", "color-interpolation-filters": "sRGB",
    }, document.getElementById("filters"));
    element("feColorMatrix", {
      in: "SourceGraphic", result: "class", type: "matrix",
      values: "1 0 0 0 0  1 0 0 0 0  1 0 0 0 0  0 0 0 0 1",
    }, filter);
    const paint = element("feComponentTransfer", { in: "class", result: "paint" }, filter);
    ["R", "G", "B"].forEach((channel, at) => {
      discrete(paint, channel, colours.map((entry) => exact(entry[at])));
    });
    element("feColorMatrix", {
      in: "SourceGraphic", result: "number", type: "matrix",
      values: "0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  1 0 0 0 0",
    }, filter);
    const choose = element("feComponentTransfer", { in: "number", result: "chosen" }, filter);
    const visible = discrete(choose, "A", []);
    element("feComposite", { in: "paint", in2: "chosen", operator: "in", result: "drawn" }, filter);
    // Where there is no mask pixel at all, red reads as 0, which is a class.
    element("feComposite", { in: "drawn", in2: "SourceAlpha", operator: "in" }, filter);
    const fill = () => visible.setAttribute("tableValues", colours.map(
      (_, value) => (isMaskClassOn(layer, labels, value) ? 1 : 0)
    ).join(" "));
    fill();
    return { fill };
  }

  /* The CSS filter that colours masks of a layer with a label set. */
  function maskFilter(layer, labels) {
    const id = `mask-${layer.number}-${labels}`;
    if (!filters.has(id)) {
      filters.set(id, makeFilter(id, layer, labels));
    }
    return `url("#${id}")`;
  }

  return {
    state, take, onChange, onGrowth, changed, cssColour, inkOn, className, isMaskClassOn, isBoxOn,
    maskFilter,
  };
})();
