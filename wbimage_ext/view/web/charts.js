/* The charts above the pictures: one for each metric of the chosen runs.
   In: the chosen runs. Out: elements; only charts in sight ask for their values and are drawn. */
/* global Chart, Steps, make, makeButton */
/* exported Charts */
"use strict";

const Charts = (() => {
  // One row, as the pictures come next.
  const CHARTS_AT_ONCE = Math.max(1, Math.min(4, Math.floor(window.innerWidth / 350)));
  const find = (id) => document.getElementById(id);
  const section = find("charts");
  const grid = find("chart-grid");
  const charts = new Map(); // metric -> Chart
  const seen = new Map();
  const options = { smoothing: 0, isLog: false };
  let runs = [];
  let most = CHARTS_AT_ONCE;
  let wanted = "";
  let laidOut = "";
  let isLoading = false;
  let isStale = false;

  const observer = new IntersectionObserver((entries) => {
    entries.forEach((entry) => {
      seen.get(entry.target).isNear = entry.isIntersecting;
    });
    load();
  }, { rootMargin: "200px 0px" });

  function metrics() {
    const all = new Set();
    runs.forEach((run) => run.metrics.forEach((name) => all.add(name)));
    const words = wanted.split(/\s+/);
    const found = Array.from(all).filter((name) => (
      !name.startsWith("_") && words.every((word) => name.toLowerCase().includes(word))
    ));
    return Chart.inOrder(found);
  }

  function chartOf(metric) {
    if (!charts.has(metric)) {
      const chart = new Chart(metric, options);
      charts.set(metric, chart);
      seen.set(chart.element, chart);
    }
    return charts.get(metric);
  }

  function layOut() {
    const found = metrics();
    const shown = found.slice(0, most);
    const signature = [found.length, ...shown].join("\n");
    if (signature === laidOut) {
      return;
    }
    laidOut = signature;
    observer.disconnect();
    section.hidden = found.length === 0;
    find("chart-count").textContent = String(found.length);
    grid.replaceChildren(...shown.map((metric) => chartOf(metric).element));
    const rest = find("chart-more");
    rest.hidden = found.length <= most;
    rest.textContent = `Show more of ${found.length} metrics (${most} shown)`;
    shown.forEach((metric) => observer.observe(chartOf(metric).element));
  }

  const near = () => Array.from(charts.values()).filter(
    (chart) => chart.isNear && chart.element.isConnected && section.open
  );

  /* Asks for what the charts in sight do not have yet, one round at a time, and draws them. */
  function load() {
    isStale = isLoading;
    if (isLoading) {
      return;
    }
    isLoading = true;
    const names = near().map((chart) => chart.metric);
    if (Steps.axis && names.length) {
      names.push(Steps.axis);
    }
    // A run that does not answer has vanished, or was written anew: the next change tells.
    const asked = runs.map((run) => run.loadSeries(names).catch(() => false));
    Promise.all(asked).then(() => {
      isLoading = false;
      near().forEach((chart) => chart.use(runs));
      if (isStale) {
        load();
      }
    });
  }

  function start() {
    const smoothing = make("input");
    Object.assign(smoothing, { type: "range", min: 0, max: 0.99, step: 0.01, value: 0 });
    smoothing.setAttribute("aria-label", "Smoothing");
    const shown = make("output", "", "0");
    smoothing.addEventListener("input", () => {
      options.smoothing = Number(smoothing.value);
      shown.textContent = smoothing.value;
      near().forEach((chart) => chart.draw());
    });
    const log = make("input");
    log.type = "checkbox";
    log.addEventListener("change", () => {
      options.isLog = log.checked;
      near().forEach((chart) => chart.draw());
    });
    find("chart-tools").append(
      make("label", "check", make("span", "", "Smoothing"), smoothing, shown),
      make("label", "check", log, make("span", "", "Log scale"))
    );
    section.addEventListener("toggle", load);
    grid.after(makeButton("more", "", "", () => {
      most += CHARTS_AT_ONCE * 4;
      layOut();
    }));
    grid.nextElementSibling.id = "chart-more";
  }

  return {
    start,
    /* Shows these runs' metrics as they are now. */
    use(chosen) {
      runs = chosen;
      layOut();
      load();
    },
    moved: () => near().forEach((chart) => chart.showCursor(Steps.goal())),
    search(text) {
      wanted = text.trim().toLowerCase();
      most = CHARTS_AT_ONCE;
      layOut();
    },
  };
})();
