/* One run as far as the page knows it. In: its card and the parts that catalog.py describes.
   Out: its panels' pictures in the order of the slider, its metrics, where its files are. */
/* global Overlays, Source, decodePng, maskClasses, remembered */
/* exported Run */
"use strict";

class Run {
  constructor(card) {
    this.card = card;
    this.id = card.id;
    this.forget();
  }

  forget() {
    this.epoch = 0;
    this.version = 0;
    this.reading = 0;
    this.panels = new Map(); // key -> {number, key, folder, columns, grouping}
    this.panelOf = []; // of each entry
    this.stepOf = [];
    this.blocks = [];
    this.metrics = [];
    this.axes = null; // numbers of the metrics that the slider may go by; null: all
    this.layers = [];
    this.labels = [];
    this.notes = [];
    this.series = new Map(); // metric -> {steps, means, lows, highs, version}
    this.base = "";
    this.carried = {};
    this.maskPlaces = [];
    this.orders = new Map(); // of the slider, for each panel
    this.steps = null;
  }

  get name() {
    return this.card.name;
  }

  get isKnown() {
    return this.version > 0 || this.epoch > 0;
  }

  /* Reads a run that the page carries. */
  load() {
    if (!Source.served && !this.isKnown) {
      this.apply(Source.read(`run-${this.id}`));
    }
  }

  /* Takes in what the run got since the version it is known at. */
  apply(part) {
    if (part.epoch !== this.epoch) {
      this.forget();
    }
    const { epoch, version, reading, start, entries, blocks } = part;
    Object.assign(this, { epoch, version, reading, blocks });
    this.panelOf.length = start;
    this.stepOf.length = start;
    for (let at = 0; at < entries.length; at += 2) {
      this.panelOf.push(entries[at]);
      this.stepOf.push(entries[at + 1]);
    }
    if (entries.length) {
      this.orders.clear();
      this.steps = null;
    }
    (part.panels || []).forEach((panel, number) => {
      this.panels.set(panel.key, { ...panel, number });
    });
    ["metrics", "axes", "notes", "base", "carried", "maskPlaces"].forEach((name) => {
      if (part[name] !== undefined) {
        this[name] = part[name];
      }
    });
    if (part.layers) {
      Object.assign(this, Overlays.take(part));
    }
  }

  url(path) {
    if (Object.prototype.hasOwnProperty.call(this.carried, path)) {
      return this.carried[path];
    }
    return Source.served ? `files/${this.id}/${path}` : this.base + path;
  }

  /* The images of an entry; undefined while they are fetched. */
  images(entry) {
    const number = Run.lastAtMost(this.blocks, entry);
    const start = this.blocks[number];
    const end = number + 1 < this.blocks.length ? this.blocks[number + 1] : this.stepOf.length;
    const block = Source.block(
      `cells-${this.id}-${number}`, `cells/${this.id}/${this.epoch}/${number}`, end
    );
    return block ? block[entry - start] : undefined;
  }

  /* Names of the metrics that the slider may go by. */
  get axisNames() {
    return this.axes ? this.axes.map((number) => this.metrics[number]) : this.metrics;
  }

  /* Where a step's pictures stand when the slider goes by a metric: its value there. */
  coordinates(axis) {
    const number = this.metrics.indexOf(axis);
    if (!this.axisNames.includes(axis)) {
      return new Map();
    }
    const found = Source.block(
      `axis-${this.id}-${number}`, `axis/${this.id}/${this.epoch}/${number}`, this.stepOf.length
    );
    return found ? new Map(found.steps.map((step, at) => [step, found.values[at]])) : undefined;
  }

  /* A panel's entries in the order of the slider: {places: [...], entries: [...]}. A step that
     was logged again counts once, as it is now. `axis` is a metric, or "" for the step. */
  order(key, axis) {
    const name = `${axis}\n${key}`;
    if (!this.orders.has(name)) {
      const panel = this.panels.get(key);
      const places = axis ? this.coordinates(axis) : null;
      if (!panel || places === undefined) {
        return { places: [], entries: [] };
      }
      const newest = new Map();
      this.panelOf.forEach((number, entry) => {
        if (number === panel.number) {
          newest.set(this.stepOf[entry], entry);
        }
      });
      const placed = Array.from(newest, ([step, entry]) => (
        [places ? places.get(step) : step, step, entry]
      )).filter(([place]) => typeof place === "number");
      placed.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      this.orders.set(name, {
        places: placed.map(([place]) => place), entries: placed.map(([, , entry]) => entry),
      });
    }
    return this.orders.get(name);
  }

  /* All places of the run's pictures on the slider, rising, each once. */
  places(axis) {
    if (!axis) {
      this.steps = this.steps || Array.from(new Set(this.stepOf)).sort((a, b) => a - b);
      return this.steps;
    }
    const places = this.coordinates(axis);
    const known = places ? Array.from(places.values()).filter((value) => value !== null) : [];
    return Array.from(new Set(known)).sort((a, b) => a - b);
  }

  /* Asks for what these metrics got since they were last asked for; tells when it is there. */
  async loadSeries(names) {
    const wanted = names.filter((name) => {
      const known = this.series.get(name);
      return this.metrics.includes(name) && (!known || known.version < this.version);
    });
    if (!wanted.length) {
      return false;
    }
    if (!Source.served) {
      wanted.forEach((name) => {
        const found = Source.read(`series-${this.id}-${this.metrics.indexOf(name)}`);
        this.takeSeries(name, found, this.version);
      });
      return true;
    }
    const { epoch } = this;
    const versionOf = (name) => (this.series.has(name) ? this.series.get(name).version : 0);
    const since = Math.min(...wanted.map(versionOf));
    const numbers = wanted.map((name) => `&metric=${this.metrics.indexOf(name)}`).join("");
    const found = await Source.ask(`series/${this.id}/${epoch}?since=${since}${numbers}`);
    if (epoch === this.epoch) {
      wanted.forEach((name) => {
        this.takeSeries(name, found.series[this.metrics.indexOf(name)], found.version);
      });
    }
    return true;
  }

  takeSeries(name, { start, steps, means, lows = means, highs = means }, version) {
    const known = this.series.get(name) || { steps: [], means: [], lows: [], highs: [] };
    Object.entries({ steps, means, lows, highs }).forEach(([column, values]) => {
      known[column].length = Math.min(start, known[column].length);
      values.forEach((value) => known[column].push(value));
    });
    known.version = version;
    this.series.set(name, known);
  }

  /* A promise of {width, height, values}: the classes of a mask; null where they are not known. */
  maskValues(url, number) {
    const key = `${this.id} ${this.epoch} ${url}`;
    return Run.masks(key, () => this.readMask(url, number).catch(() => null));
  }

  async readMask(url, number) {
    const carried = this.carried[url];
    if (Source.served) {
      const response = await fetch(this.url(url), { credentials: "omit" });
      return maskClasses(await decodePng(new Uint8Array(await response.arrayBuffer())));
    }
    await Run.wholePage;
    const place = this.maskPlaces[number];
    const block = place ? Source.block(`masks-${place[0]}`, `masks-${place[0]}`) : null;
    const text = carried ? carried.split(",")[1] : block && block[place[1]];
    if (!text) {
      return null;
    }
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return maskClasses(await decodePng(bytes));
  }

  /* Returns the place of the last number in `sorted` that is at most `limit`, or -1. */
  static lastAtMost(sorted, limit) {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] <= limit) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}

Run.masks = remembered(48, (key, read) => read());

/* The mask blocks stand behind the scripts, so that pictures are shown before they are read. */
Run.wholePage = new Promise((done) => {
  document.addEventListener("DOMContentLoaded", done);
});
