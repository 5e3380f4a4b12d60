/* The pictures' own values: read under the pointer, and shown through a window.
   In: pictures of a served page (a page opened from disk cannot read files). Out: numbers for the
   readout, a colour bar, and a canvas over the picture where the window is not the whole range.
   Where a run says what its samples stand for, the numbers are in the unit of the data. */
/* global Source, decodePng, make, makeButton, remembered */
/* exported Values */
"use strict";

const Values = (() => {
  const PICTURES_KEPT = 6;
  const MOST_PIXELS_IN_PASSING = 1 << 22; // larger ones are read where they are opened
  const NAMES = { 1: [""], 2: ["", "A "], 3: ["R ", "G ", "B "], 4: ["R ", "G ", "B ", "A "] };
  const bar = make("div", "colour-bar");
  const mark = make("i", "colour-mark");
  const ends = make("p", "colour-ends");
  const unknown = make("p", "hint", "The run does not say which values the colours stand for.");
  const listeners = [];
  const state = { level: 0.5, width: 1 }; // in shares of the range of values
  let last = null; // the picture that the pointer was over
  let resetSliders = () => {};

  async function decode(shot) {
    const response = await fetch(shot.run.url(shot.image.u), { credentials: "omit" });
    if (!response.ok) {
      return null;
    }
    const blob = await response.blob();
    if (blob.type === "image/png") {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      const png = await decodePng(bytes).catch(() => null);
      if (png && !(png.isTurned && !shot.image.o)) {
        return png;
      }
    }
    return decodeByBrowser(blob, shot.image.o ? "none" : "from-image");
  }

  async function decodeByBrowser(blob, imageOrientation) {
    const bitmap = await createImageBitmap(blob, { imageOrientation });
    const { width, height } = bitmap;
    const canvas = make("canvas");
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    const samples = context.getImageData(0, 0, width, height).data;
    return { width, height, channels: 4, depth: 8, samples, palette: null, isOpaque: true };
  }

  const pictures = remembered(PICTURES_KEPT, (key, shot) => decode(shot).catch(() => null));
  const of = (shot) => pictures(`${shot.run.id} ${shot.run.epoch} ${shot.image.u}`, shot);

  /* A promise of the words for the value at a stored pixel, or "" where it is not known. */
  async function at(shot, column, line) {
    const isSmall = shot.width * shot.height <= MOST_PIXELS_IN_PASSING;
    if (!Source.served || !shot.image || !(isSmall || shot.element.closest("dialog"))) {
      return "";
    }
    const picture = await of(shot);
    if (!picture || column >= picture.width || line >= picture.height) {
      return "";
    }
    const { channels, samples, width, isOpaque } = picture;
    const start = (line * width + column) * channels;
    const values = Array.from(samples.subarray(start, start + channels));
    const scale = scaleOf(picture, shot.image.s);
    showBar(picture, values[0], scale);
    return describe(picture, isOpaque && values[3] === 255 ? values.slice(0, 3) : values, scale);
  }

  /* What the samples of a picture stand for: {low, high, top, nan}, the values of sample 0 and of
     sample `top`, and the sample that stands for NaN. Null where the samples are the values. */
  function scaleOf({ depth }, given) {
    if (!given) {
      return null;
    }
    const [low, high, nan = null] = given;
    return { low, high, top: nan === null ? (1 << depth) - 1 : nan - 1, nan };
  }

  /* A sample in the unit of the data, with the digits that tell it from its neighbours. */
  function inUnit(sample, { low, high, top, nan }) {
    if (sample === nan) {
      return "NaN";
    }
    const step = (high - low) / top;
    const value = low + sample * step;
    const decimals = Math.max(0, Math.ceil(-Math.log10(step)));
    const isPlain = decimals <= 6 && Math.abs(value) < 1e9;
    return String(Number(isPlain ? value.toFixed(decimals) : value.toPrecision(6)));
  }

  function describe({ palette, channels }, values, scale) {
    if (palette) {
      const [index] = values;
      const colour = Array.from(palette.subarray(index * 3, index * 3 + 3));
      return scale ? `${inUnit(index, scale)} (index ${index})`
        : `index ${index} (${colour.join(", ")})`;
    }
    const names = NAMES[values.length];
    const colours = channels < 3 ? 1 : 3;
    const shown = values.map((value, channel) => (
      names[channel] + (scale && channel < colours ? inUnit(value, scale) : value)
    )).join("  ");
    return scale ? `${shown} (${values.slice(0, colours).join(", ")})` : shown;
  }

  /* Shows the colours of a palette, or black to white, and where a value lies among them. */
  function showBar(picture, value, scale) {
    const top = scale ? scale.top : (1 << picture.depth) - 1;
    const { palette } = picture;
    if (picture !== last) {
      last = picture;
      const stops = [];
      for (let index = 0; palette && index * 3 < palette.length && index <= top; index += 1) {
        stops.push(`rgb(${palette.subarray(index * 3, index * 3 + 3).join(" ")})`);
      }
      bar.style.background = `linear-gradient(to right, ${
        stops.length > 1 ? stops.join(", ") : "black, white"
      })`;
      bar.parentElement.hidden = picture.channels > 2;
    }
    const inWords = (sample) => (scale ? inUnit(sample, scale) : String(sample));
    ends.replaceChildren(make("span", "", inWords(0)), make("span", "", inWords(top)));
    unknown.hidden = !palette || scale !== null;
    mark.hidden = value > top; // NaN
    mark.style.left = `${value / top * 100}%`;
    mark.title = inWords(value);
  }

  const isWhole = () => state.width === 1 && state.level === 0.5;

  /* Draws a shot's picture through the window on a canvas over it; a pane calls this. */
  function draw(shot) {
    const { image } = shot;
    if (!Source.served || !image || isWhole()) {
      shot.window.hidden = true;
      return;
    }
    of(shot).then((picture) => {
      if (shot.image === image && !isWhole()) {
        shot.window.hidden = !picture;
        if (picture) {
          paint(shot.window, picture);
        }
      }
    });
  }

  function paint(canvas, { width, height, channels, depth, samples, palette }) {
    const top = (1 << depth) - 1;
    const low = (state.level - state.width / 2) * top;
    const table = Uint8ClampedArray.from(
      { length: top + 1 }, (_, value) => (value - low) / (state.width * top) * 255
    );
    const scale = palette ? (palette.length / 3 - 1) / 255 : 1;
    const drawn = new ImageData(width, height);
    const hasAlpha = channels === 2 || channels === 4;
    const isGray = channels < 3;
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      const from = pixel * channels;
      const to = pixel * 4;
      if (palette) {
        const index = Math.round(table[samples[from]] * scale) * 3;
        drawn.data.set(palette.subarray(index, index + 3), to);
      } else {
        drawn.data[to] = table[samples[from]];
        drawn.data[to + 1] = table[samples[isGray ? from : from + 1]];
        drawn.data[to + 2] = table[samples[isGray ? from : from + 2]];
      }
      drawn.data[to + 3] = hasAlpha ? samples[from + channels - 1] / top * 255 : 255;
    }
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").putImageData(drawn, 0, 0);
  }

  function changed() {
    listeners.forEach((listener) => listener());
  }

  /* Sets the window to the lowest and highest value of the picture that was pointed at last. */
  function stretch() {
    if (!last || last.palette) {
      return;
    }
    let low = Infinity;
    let high = -Infinity;
    const colours = last.channels < 3 ? 1 : 3;
    last.samples.forEach((value, place) => {
      if (place % last.channels < colours) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    });
    const top = (1 << last.depth) - 1;
    state.width = Math.max(1, high - low) / top;
    state.level = (low + high) / 2 / top;
    resetSliders();
    changed();
  }

  /* The controls: sliders, or from disk a word on what is needed. */
  function controls(slider) {
    if (!Source.served) {
      return [make(
        "p", "hint", "A page from disk cannot read its files. For the values under the pointer, "
        + "a window and a colour bar, serve it: ",
        make("code", "", "python -m wbimage_ext view PATH --serve")
      )];
    }
    const percent = (value) => `${(value * 100).toFixed(1)} %`;
    const valueSlider = (label, name, low, start) => slider(label, {
      low, high: 1, step: 0.001, start, now: state[name], show: percent,
      set: (value) => {
        if (state[name] !== value) {
          state[name] = value;
          changed();
        }
      },
    });
    const sliders = [
      valueSlider("Window", "width", 0.001, 1), valueSlider("Level", "level", 0, 0.5),
    ];
    resetSliders = () => sliders.forEach(({ shown }, place) => {
      const range = shown.querySelector("input");
      range.value = String(place ? state.level : state.width);
      shown.querySelector("output").textContent = percent(Number(range.value));
    });
    const buttons = make(
      "div", "row", makeButton("small", "whole range", "", () => sliders.forEach((s) => s.reset())),
      makeButton("small", "of this picture", "Window from its lowest to its highest value", stretch)
    );
    const colours = make("div", "colours", bar, ends, unknown);
    colours.hidden = !last || last.channels > 2;
    bar.append(mark);
    const hint = make("p", "hint", "Window and level act on the opened picture.");
    return [colours, ...sliders.map(({ shown }) => shown), buttons, hint];
  }

  return { at, draw, controls, onChange: (listener) => listeners.push(listener) };
})();
