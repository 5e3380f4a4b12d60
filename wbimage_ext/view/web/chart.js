/* Draws one metric of several runs as lines. In: for each run columns of steps, means, lows and
   highs (scalars.py keeps them bounded). Out: an SVG whose cursor is the slider. Where several
   values fall on one pixel, their lowest and highest are drawn as a band. */
/* global Run, Runs, Steps, make */
/* exported Chart */
"use strict";

class Chart {
  constructor(metric, options) {
    this.metric = metric;
    this.options = options; // {smoothing, isLog}, shared by all charts
    this.lines = []; // {run, points}
    this.isNear = false;
    this.values = make("p", "chart-values");
    this.title = make("h3", "key", metric);
    this.title.title = metric;
    this.svg = Chart.svg("svg", { class: "plot", role: "img" });
    this.element = make(
      "section", "chart", make("header", "", this.title), this.svg, this.values
    );
    this.element.setAttribute("aria-label", metric);
    this.svg.addEventListener("click", (event) => this.goTo(event));
    this.svg.addEventListener("pointermove", (event) => this.hover(event));
    this.svg.addEventListener("pointerleave", () => this.showCursor(Steps.goal()));
    new ResizeObserver(() => this.draw()).observe(this.svg);
  }

  static svg(name, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }

  /* Takes the runs that have this metric; a run's points lie on the slider's axis. */
  use(runs) {
    this.lines = runs.map((run) => ({ run, points: this.points(run) }))
      .filter(({ points }) => points && points.x.length);
    this.draw();
  }

  points(run) {
    const series = run.series.get(this.metric);
    if (!series) {
      return null;
    }
    const { steps, means, lows, highs } = series;
    if (!Steps.axis) {
      return { x: steps, means, lows, highs };
    }
    // By another metric, a point lies where that metric was at its step.
    const axis = run.series.get(Steps.axis);
    if (!axis) {
      return null;
    }
    const placed = steps.map((step, at) => [Run.lastAtMost(axis.steps, step), at])
      .filter(([place]) => place >= 0)
      .map(([place, at]) => [axis.means[place], means[at], lows[at], highs[at]])
      .sort((a, b) => a[0] - b[0]);
    const column = (number) => placed.map((point) => point[number]);
    return { x: column(0), means: column(1), lows: column(2), highs: column(3) };
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!width || !this.isNear) {
      return;
    }
    this.width = width;
    this.frame = { left: 46, right: width - 8, top: 8, bottom: height - 20 };
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const reduced = this.lines.map(({ run, points }) => ({ run, ...this.reduce(points) }));
    this.setScales(reduced);
    const drawn = reduced.map((line) => this.line(line));
    this.svg.replaceChildren(...this.axes(), ...[].concat(...drawn));
    this.cursor = Chart.svg("g", { class: "cursor" });
    this.svg.append(this.cursor);
    this.showCursor(Steps.goal());
  }

  /* Puts the points of one pixel's width together, with minimum and maximum kept. */
  reduce({ x, means, lows, highs }) {
    const first = x[0];
    const span = x[x.length - 1] - first || 1;
    const pixels = Math.max(1, Math.floor(this.frame.right - this.frame.left));
    const smooth = Chart.smoothed(means, this.options.smoothing);
    if (x.length <= 2 * pixels) {
      return { x, means, lows, highs, smooth };
    }
    const out = { x: [], means: [], lows: [], highs: [], smooth: [] };
    for (let at = 0; at < x.length;) {
      const pixel = Math.floor((x[at] - first) / span * pixels);
      let [low, high, sum, count] = [Infinity, -Infinity, 0, 0];
      while (at < x.length && Math.floor((x[at] - first) / span * pixels) === pixel) {
        low = Math.min(low, lows[at]);
        high = Math.max(high, highs[at]);
        sum += means[at];
        count += 1;
        at += 1;
      }
      out.x.push(x[at - 1]);
      out.means.push(sum / count);
      out.lows.push(low);
      out.highs.push(high);
      out.smooth.push(smooth[at - 1]);
    }
    return out;
  }

  /* The exponential moving average with this weight of the past, without its bias at the start. */
  static smoothed(values, weight) {
    if (!weight) {
      return values;
    }
    let average = 0;
    let debt = 1;
    return values.map((value) => {
      average = average * weight + value * (1 - weight);
      debt *= weight;
      return average / (1 - debt);
    });
  }

  setScales(lines) {
    const { isLog } = this.options;
    const isDrawn = (value) => !isLog || value > 0;
    let [low, high, from, to] = [Infinity, -Infinity, Infinity, -Infinity];
    lines.forEach(({ x, lows, highs }) => {
      from = Math.min(from, x[0]);
      to = Math.max(to, x[x.length - 1]);
      lows.forEach((value, at) => {
        low = isDrawn(value) ? Math.min(low, value) : low;
        high = isDrawn(highs[at]) ? Math.max(high, highs[at]) : high;
      });
    });
    if (!(low <= high)) {
      [low, high] = [isLog ? 0.1 : 0, 1];
    }
    if (low === high) {
      [low, high] = isLog ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
    }
    this.range = { low, high, from, to: to === from ? from + 1 : to };
  }

  x(value) {
    const { left, right } = this.frame;
    const { from, to } = this.range;
    return left + (value - from) / (to - from) * (right - left);
  }

  y(value) {
    const { top, bottom } = this.frame;
    const { low, high } = this.range;
    const share = this.options.isLog
      ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
      : (value - low) / (high - low);
    return bottom - share * (bottom - top);
  }

  /* Round numbers between two, about so many, and at least so far from each other. */
  static ticks(low, high, count, least = 0) {
    const rough = Math.max((high - low) / count, least);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
    const ticks = [];
    for (let tick = Math.ceil(low / step) * step; tick <= high + step / 1e6; tick += step) {
      ticks.push(Number(tick.toPrecision(12)));
    }
    return ticks;
  }

  axes() {
    const { left, right, top, bottom } = this.frame;
    const { low, high, from, to } = this.range;
    const values = this.options.isLog
      ? [low, Math.sqrt(low * high), high] : Chart.ticks(low, high, 4);
    const text = (x, y, anchor, value) => {
      const made = Chart.svg("text", { x, y, "text-anchor": anchor });
      made.textContent = Chart.short(value);
      return made;
    };
    // There is no step between two others.
    const isWhole = this.lines.every(({ points }) => points.x.every(Number.isInteger));
    const places = Chart.ticks(from, to, Math.max(2, (right - left) / 90), isWhole ? 1 : 0);
    return [
      ...values.map((value) => Chart.svg("line", {
        class: "rule", x1: left, x2: right, y1: this.y(value), y2: this.y(value),
      })),
      ...values.map((value) => text(left - 6, this.y(value) + 4, "end", value)),
      ...places.map((value) => text(this.x(value), bottom + 15, "middle", value)),
      Chart.svg("line", { class: "frame", x1: left, x2: right, y1: bottom, y2: bottom }),
      Chart.svg("line", { class: "frame", x1: left, x2: left, y1: top, y2: bottom }),
    ];
  }

  line({ run, x, means, lows, highs, smooth }) {
    const isDrawn = (value) => !this.options.isLog || value > 0;
    const path = (values) => {
      let pen = "M";
      return values.map((value, at) => {
        if (!isDrawn(value)) {
          pen = "M";
          return "";
        }
        const drawn = `${pen}${this.x(x[at]).toFixed(1)} ${this.y(value).toFixed(1)}`;
        pen = "L";
        return drawn;
      }).join("");
    };
    const lineOf = (className, values) => {
      const made = Chart.svg("path", { class: className, d: path(values) });
      made.style.stroke = Runs.colour(run);
      return made;
    };
    const made = [];
    if (lows.some((value, at) => value !== highs[at])) {
      const up = path(highs);
      const back = [...lows.keys()].reverse()
        .map((at) => `L${this.x(x[at]).toFixed(1)} ${this.y(lows[at]).toFixed(1)}`).join("");
      const band = Chart.svg("path", { class: "band", d: up ? `${up}${back}Z` : "" });
      band.style.fill = Runs.colour(run);
      made.push(band);
    }
    const isSmooth = smooth !== means && this.options.smoothing > 0;
    if (isSmooth) {
      made.push(lineOf("line faint", means));
    }
    made.push(lineOf(x.length === 1 ? "line dot" : "line", isSmooth ? smooth : means));
    return made;
  }

  /* The point of a run at or before a place on the axis. */
  at({ points }, place) {
    const at = Run.lastAtMost(points.x, place);
    return at < 0 ? null : {
      x: points.x[at], value: points.means[at], low: points.lows[at], high: points.highs[at],
    };
  }

  /* Draws the cursor at a place and says the values there. */
  showCursor(place) {
    if (!this.cursor || !this.range) {
      return;
    }
    const { top, bottom } = this.frame;
    const drawn = [];
    const words = [];
    const x = this.x(Math.min(this.range.to, Math.max(this.range.from, place)));
    if (place > -Infinity) {
      drawn.push(Chart.svg("line", { x1: x, x2: x, y1: top, y2: bottom }));
    }
    this.lines.forEach((line) => {
      const found = this.at(line, place);
      if (found) {
        const dot = Chart.svg("circle", { cx: this.x(found.x), cy: this.y(found.value), r: 3.5 });
        dot.style.fill = Runs.colour(line.run);
        drawn.push(dot);
        const range = found.low === found.high
          ? "" : ` (${Chart.short(found.low)} to ${Chart.short(found.high)})`;
        words.push([line.run, `${Chart.short(found.value)}${range}`]);
      }
    });
    this.cursor.replaceChildren(...drawn);
    this.values.replaceChildren(...words.map(([run, text]) => {
      const swatch = make("i", "dot");
      swatch.style.color = Runs.colour(run);
      return make("span", "", swatch, text);
    }));
    const told = words.map(([run, text]) => `${run.name} ${text}`).join(", ");
    this.svg.setAttribute("aria-label", `${this.metric}: ${told || "no value yet"}`);
  }

  placeOf(event) {
    const { left, right } = this.frame;
    const x = event.clientX - this.svg.getBoundingClientRect().left;
    const share = Math.min(1, Math.max(0, (x - left) / (right - left)));
    return this.range.from + share * (this.range.to - this.range.from);
  }

  hover(event) {
    if (this.range && this.lines.length) {
      this.showCursor(this.placeOf(event));
    }
  }

  goTo(event) {
    if (this.range && this.lines.length) {
      Steps.goToValue(this.placeOf(event));
    }
  }

  /* Metrics as charts and columns stand: losses first, what only counts last. */
  static inOrder(names) {
    const rank = (name) => (
      /epoch|step|learning_rate|^lr$/i.test(name) - /loss|error/i.test(name)
    );
    return names.sort((a, b) => rank(a) - rank(b));
  }

  static short(value) {
    if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)) {
      return value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
    }
    return String(Number(value.toPrecision(4)));
  }
}
