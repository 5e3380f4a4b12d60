/* The controls beside the pictures: layers, classes, scores, opacity, brightness, theme.
   In: Overlays' state. Out: changes to it; every switch shows what the state is, whoever set it.
   They are built again when a run brings layers or classes that were not there. */
/* global Overlays, Values, make, makeButton */
/* exported Controls */
"use strict";

const Controls = (() => {
  const { state } = Overlays;
  const light = { Brightness: 0, Contrast: 0 }; // doublings
  let refreshers = []; // each makes one control show the state
  let theme = "";

  function change() {
    refreshers.forEach((refresh) => refresh());
    Overlays.changed();
  }

  function section(title, ...children) {
    return make("section", "control", make("h2", "", title), ...children);
  }

  function checkbox(label, isOn, setOn, ...before) {
    const box = make("input");
    box.type = "checkbox";
    const shown = make("label", "check", box, ...before, make("span", "text", label));
    shown.title = label;
    const refresh = () => {
      const on = isOn();
      box.checked = on === true;
      box.indeterminate = on === null;
    };
    refresh();
    refreshers.push(refresh);
    box.addEventListener("change", () => {
      setOn(box.checked);
      change();
    });
    return shown;
  }

  /* A slider with its value beside it; a double click gives the start value back. */
  function slider(label, { low, high, step, start, now = start, show, set }) {
    const range = make("input");
    Object.assign(range, { type: "range", min: low, max: high, step, value: now });
    const value = make("output");
    const apply = () => {
      value.textContent = show(Number(range.value));
      range.setAttribute("aria-valuetext", value.textContent);
      set(Number(range.value));
    };
    range.addEventListener("input", apply);
    const reset = () => {
      range.value = start;
      apply();
    };
    range.addEventListener("dblclick", reset);
    apply();
    range.setAttribute("aria-label", label);
    const shown = make("div", "slider", make("span", "text", label), value, range);
    return { shown, reset };
  }

  function swatch(layer, id) {
    const look = layer ? `of-${layer.kind} pattern-${layer.pattern}` : "of-mask";
    const shown = make("i", `swatch ${look}`);
    if (id !== undefined) {
      shown.style.color = Overlays.cssColour(id);
    }
    return shown;
  }

  function setClass(layer, key, on) {
    if (on) {
      layer.off.delete(key);
    } else {
      layer.off.add(key);
    }
  }

  function layerRow(layer) {
    const row = make("div", "layer", checkbox(layer.name, () => layer.on, (on) => {
      layer.on = on;
    }, swatch(layer)));
    if (layer.classes.length) {
      const list = make("div", "classes");
      const more = make("details", "", make("summary", "", "classes"), list);
      more.firstChild.setAttribute("aria-label", `Classes of ${layer.name}`);
      more.addEventListener("toggle", () => {
        if (more.open && !list.childElementCount) {
          list.append(...layer.classes.map((entry) => checkbox(
            entry.name,
            () => !layer.off.has(entry.key),
            (on) => setClass(layer, entry.key, on),
            swatch(layer, entry.id)
          )));
        }
      });
      row.append(more);
    }
    return row;
  }

  const layersOf = (kind) => state.layers.filter((layer) => layer.kind === kind);

  function maskSection() {
    if (!layersOf("mask").length) {
      return [];
    }
    const opacity = slider("Opacity", {
      low: 0, high: 1, step: 0.01, start: 0.55, now: state.opacity,
      show: (value) => `${Math.round(value * 100)} %`,
      set: (value) => {
        state.opacity = value;
        document.documentElement.style.setProperty("--mask-opacity", value);
      },
    });
    return [section("Masks", opacity.shown, ...layersOf("mask").map(layerRow))];
  }

  function scoreSlider([name, [low, high]]) {
    const isFraction = low >= 0 && high <= 1;
    const from = isFraction ? 0 : low;
    const to = isFraction ? 1 : high;
    const threshold = state.thresholds.get(name);
    return slider(`${name} at least`, {
      low: from, high: to, step: isFraction ? 0.01 : (to - from) / 200 || 1, start: from,
      now: Math.max(from, threshold),
      show: (value) => String(Number(value.toFixed(3))),
      set: (value) => {
        const least = value <= from ? -Infinity : value;
        if (state.thresholds.get(name) !== least) {
          state.thresholds.set(name, least);
          change();
        }
      },
    }).shown;
  }

  function boxSection() {
    if (!layersOf("box").length) {
      return [];
    }
    const names = checkbox("Names on boxes", () => state.names, (on) => {
      state.names = on;
    });
    const sliders = Array.from(state.scores).map(scoreSlider);
    return [section("Boxes", ...layersOf("box").map(layerRow), names, ...sliders)];
  }

  /* One row for each class of any layer: it switches the class in all layers that have it. */
  function classSection() {
    const classes = new Map();
    for (const layer of state.layers) {
      for (const entry of layer.classes) {
        if (entry.id !== null) {
          classes.set(entry.key, classes.get(entry.key) || { ...entry, layers: [] });
          classes.get(entry.key).layers.push(layer);
        }
      }
    }
    if (!classes.size) {
      return [];
    }
    const all = Array.from(classes.values()).sort((a, b) => a.id - b.id);
    const setAll = (on) => all.forEach((entry) => {
      entry.layers.forEach((layer) => setClass(layer, entry.key, on));
    });
    const isOn = ({ key, layers }) => {
      const off = layers.filter((layer) => layer.off.has(key)).length;
      return off === 0 || (off === layers.length ? false : null);
    };
    const button = (text, label, act) => makeButton("small", text, label, () => {
      act();
      change();
    });
    const rows = all.map((entry) => {
      const set = (on) => entry.layers.forEach((layer) => setClass(layer, entry.key, on));
      const row = checkbox(entry.name, () => isOn(entry), set, swatch(null, entry.id));
      const only = button("only", `Only ${entry.name}`, () => {
        setAll(false);
        set(true);
      });
      return make("div", "class-row", row, make("span", "id", String(entry.id)), only);
    });
    const list = make("div", "classes", ...rows);
    const heading = section("Classes", list);
    heading.firstChild.append(
      make("span", "count", String(all.length)),
      button("all", "All classes", () => setAll(true)),
      button("none", "No classes", () => setAll(false))
    );
    if (all.length > 12) {
      const search = make("input");
      Object.assign(search, { type: "search", placeholder: "Search classes", autocomplete: "off" });
      search.setAttribute("aria-label", "Search classes");
      search.addEventListener("input", () => {
        const wanted = search.value.trim().toLowerCase();
        all.forEach((entry, at) => {
          rows[at].hidden = !entry.name.toLowerCase().includes(wanted);
        });
      });
      list.before(search);
    }
    return [heading];
  }

  function pictureSection() {
    const root = document.documentElement;
    const lightSlider = (name) => slider(name, {
      low: -2, high: 2, step: 0.05, start: 0, now: light[name],
      show: (value) => `${Math.round(2 ** value * 100)} %`,
      set: (value) => {
        light[name] = value;
        root.style.setProperty(`--${name.toLowerCase()}`, String(2 ** value));
        root.classList.toggle("adjusted", light.Brightness !== 0 || light.Contrast !== 0);
      },
    });
    const sliders = [lightSlider("Brightness"), lightSlider("Contrast")];
    const made = section("Picture", ...sliders.map((each) => each.shown));
    made.firstChild.append(makeButton("small", "reset", "Reset brightness and contrast", () => {
      sliders.forEach((each) => each.reset());
    }));
    return made;
  }

  function pageSection() {
    const choice = make("select");
    [["", "As the system"], ["light", "Light"], ["dark", "Dark"]].forEach(([value, text]) => {
      choice.append(new Option(text, value));
    });
    choice.value = theme;
    choice.addEventListener("change", () => {
      theme = choice.value;
      document.documentElement.style.colorScheme = theme;
    });
    const keys = make("dl", "keys");
    [
      ["\u2190 \u2192", "step; with Shift ten"], ["Home End", "first, last step"],
      ["K", "play the steps"], ["/", "search keys"], ["M B", "masks, boxes on or off"],
      ["+ \u2212 0 1", "zoom in, out, fit, 1:1"], ["N P", "next, previous picture"],
      ["C", "compare a step"], ["V", "beside, swipe, flicker, difference"],
    ].forEach(([key, text]) => keys.append(make("dt", "", key), make("dd", "", text)));
    const help = make("details", "help", make("summary", "", "Keys"), keys);
    return section("Page", make("label", "choice", make("span", "text", "Theme"), choice), help);
  }

  /* Switches all layers of a kind: off if any is on. */
  function toggleKind(kind) {
    const layers = layersOf(kind);
    const on = !layers.some((layer) => layer.on);
    layers.forEach((layer) => {
      layer.on = on;
    });
    change();
  }

  /* Builds the controls anew; what was open stays open. */
  function build(parent) {
    const open = new Set(Array.from(
      parent.querySelectorAll("details[open] > summary"), (summary) => summary.ariaLabel
    ));
    refreshers = [];
    parent.replaceChildren(
      ...maskSection(), ...boxSection(), ...classSection(), pictureSection(),
      section("Values", ...Values.controls(slider)), pageSection()
    );
    parent.querySelectorAll("details > summary").forEach((summary) => {
      summary.parentElement.open = open.has(summary.ariaLabel) && summary.ariaLabel !== null;
    });
  }

  return { build, toggleKind };
})();
