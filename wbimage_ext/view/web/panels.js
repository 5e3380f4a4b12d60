/* The grid of panels: the pictures of a run's key at the latest place at or before the slider's.
   One chosen run: its panels flow over the page. Several: a row for each key, a column for each
   run. In: the chosen runs, the slider. Out: elements; only the current pictures are in the page's
   tree, and panels out of sight are brought up to date when they are seen. */
/* global Overlays, Run, Runs, Shot, Steps, make, makeButton */
/* exported Panels */
"use strict";

const Panels = (() => {
  const TILES_AT_ONCE = 60;
  const PANELS_AT_ONCE = 80;

  const main = document.getElementById("panels");
  const panels = new Map(); // run and key -> Panel
  const seen = new Map(); // panel's element -> panel, for the observer
  let runs = [];
  let laidOut = ""; // what the page shows now
  let most = PANELS_AT_ONCE;
  let wanted = "";
  let open = () => {};
  let pick = () => {};
  let isPicked = () => false;

  const observer = new IntersectionObserver((entries) => {
    entries.forEach((entry) => {
      const panel = seen.get(entry.target);
      if (panel) { // it may have been let go of meanwhile
        panel.isNear = entry.isIntersecting;
        panel.update();
      }
    });
  }, { rootMargin: "600px 0px" });

  const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    const panel = seen.get(target.closest(".panel"));
    if (panel) {
      panel.spread();
    }
  }));

  /* What a picture is called where it cannot be seen, and in the viewer's title. */
  function describe(panel, item, image) {
    const place = panel.count > 1 ? ` [${item}]` : "";
    const run = runs.length > 1 ? `, ${panel.run.name}` : "";
    const name = `${panel.key}${place}${run}`;
    return image.c ? `${image.c} (${name})` : name;
  }

  /* A file's name as it is read; one that is no UTF-8 stays percent-encoded. */
  function fileName(url) {
    const name = url.split("/").pop();
    try {
      return decodeURIComponent(name);
    } catch (error) {
      return name;
    }
  }

  const nameInFolder = ({ key, folder }) => key.slice(folder.length).replace(/^[/.]/, "");

  function overlaysText(run, image) {
    const parts = (image.b || []).map(([layer, , boxes]) => (
      `${boxes.length} boxes in ${run.layers[layer].name}`
    ));
    (image.m || []).forEach(([layer]) => parts.push(`mask ${run.layers[layer].name}`));
    return parts.length ? `, ${parts.join(", ")}` : "";
  }

  class Tile {
    constructor(panel, item) {
      this.panel = panel;
      this.item = item;
      this.shot = new Shot({ lazy: true, onSize: () => this.sized() });
      this.open = make("button", "open", this.shot.element);
      this.open.type = "button";
      this.open.addEventListener("click", () => open(panel, item, this.open));
      this.choose = make("input");
      this.choose.type = "checkbox";
      this.choose.addEventListener("change", () => pick(panel, item, this.choose.checked));
      this.caption = make("figcaption");
      this.file = make("a", "file");
      this.file.target = "_blank";
      this.file.rel = "noopener";
      this.file.hidden = true;
      const chooser = make("label", "pick", this.choose);
      chooser.title = "Choose for comparison";
      this.element = make("figure", "tile", this.open, chooser, this.file, this.caption);
    }

    show(image) {
      const { run } = this.panel;
      const text = describe(this.panel, this.item, image);
      this.shot.show(run, image, text + overlaysText(run, image));
      this.caption.textContent = image.c || "";
      this.caption.title = image.c || "";
      this.choose.setAttribute("aria-label", `Compare ${text}`);
      this.choose.checked = isPicked(this.panel, this.item);
      this.sized();
    }

    sized() {
      const { shot } = this;
      shot.element.classList.toggle("small", shot.width <= 256);
      this.element.style.setProperty("--aspect", String(shot.width / shot.height));
      this.file.hidden = !shot.broken;
      if (shot.broken) {
        const name = fileName(shot.image.u);
        this.file.href = this.panel.run.url(shot.image.u);
        this.file.textContent = `${name} cannot be shown here`;
      }
    }
  }

  class Panel {
    constructor(run, key) {
      const { folder, columns } = run.panels.get(key);
      Object.assign(this, { run, key, folder, columns });
      this.tiles = [];
      this.count = 0;
      this.most = TILES_AT_ONCE;
      this.shown = undefined; // the entry
      this.linked = true;
      this.ownPlace = 0;
      this.isNear = false;
      this.title = make("h3", "key");
      this.badge = make("p", "badge");
      this.link = makeButton("icon link", "", "", () => {
        this.linked = !this.linked;
        this.ownPlace = this.placeShown;
        this.update();
      });
      this.range = make("input");
      Object.assign(this.range, { type: "range", min: 0 });
      this.range.addEventListener("input", () => {
        this.ownPlace = this.order.places[Number(this.range.value)];
        this.update();
      });
      this.grid = make("div", "grid");
      this.more = makeButton("more", "", "", () => {
        this.most += TILES_AT_ONCE * 4;
        this.shown = undefined;
        this.update();
      });
      this.element = make(
        "section", "panel",
        make("header", "", this.title, this.badge, this.link), this.range, this.grid, this.more
      );
      if (this.columns) {
        this.element.classList.add("columned");
        this.element.style.setProperty("--columns", String(this.columns));
      }
      seen.set(this.element, this);
      sizes.observe(this.grid);
    }

    /* Names the panel by its key, or by its run where it stands in a row of its key. */
    setTitle() {
      const isInRow = runs.length > 1;
      const name = isInRow ? this.run.name : nameInFolder(this);
      const slash = isInRow ? 0 : name.lastIndexOf("/") + 1;
      const text = isInRow ? `${this.key} of ${this.run.name}` : this.key;
      const dot = make("i", "dot");
      dot.style.color = Runs.colour(this.run);
      this.title.replaceChildren(
        ...(isInRow ? [dot] : []), make("span", "", name.slice(0, slash)),
        name.slice(slash) || this.key
      );
      this.title.title = text;
      this.link.setAttribute("aria-label", `Link ${text} to the step slider`);
      this.link.title = "Follows the step slider; switch off to hold this panel";
      this.range.setAttribute("aria-label", `Step of ${text}`);
      this.element.setAttribute("aria-label", text);
    }

    get order() {
      return this.run.order(this.key, Steps.axis);
    }

    get goal() {
      return this.linked ? Steps.goal() : this.ownPlace;
    }

    get placeShown() {
      const { places, entries } = this.order;
      return places[Math.max(0, entries.indexOf(this.shown))];
    }

    /* A panel keeps the width of its fullest step, so that nothing jumps while stepping. */
    setCount(images) {
      if (images.length > this.count) {
        this.count = images.length;
        const count = Math.min(this.count, TILES_AT_ONCE);
        const { w = 1, h = 1 } = images[0];
        const style = this.element.style;
        style.setProperty("--count", String(count));
        style.setProperty("--shape", String(Math.min(2.5, Math.max(0.5, w / h))));
        this.element.classList.toggle("tiny", count > 6 && w <= 128);
        this.spread();
      }
    }

    /* Chooses how many pictures stand beside each other: about as many as the size asks for, and
       such that the last row is as full as can be. */
    spread() {
      const width = this.grid.clientWidth;
      if (!width || this.columns || !this.count) {
        return;
      }
      const size = Number(getComputedStyle(this.grid).getPropertyValue("--tile-pixels")) || 232;
      const tile = this.element.classList.contains("tiny") ? size * 0.42 : size;
      const fitting = Math.max(1, Math.min(this.count, width / tile));
      let [best, leastLoss] = [1, Infinity];
      for (let across = 1; across <= Math.min(this.count, Math.ceil(fitting * 1.5)); across += 1) {
        const empty = Math.ceil(this.count / across) * across - this.count;
        const loss = Math.abs(Math.log(across / fitting)) + empty / across;
        if (loss < leastLoss) {
          [best, leastLoss] = [across, loss];
        }
      }
      this.grid.style.setProperty("--across", String(best));
    }

    update() {
      if (!this.isNear) {
        return;
      }
      const { places, entries } = this.order;
      const { goal } = this;
      const at = Run.lastAtMost(places, goal);
      const entry = at < 0 ? -1 : entries[at];
      const images = at < 0 ? [] : this.run.images(entry);
      this.link.setAttribute("aria-pressed", String(this.linked));
      this.range.hidden = this.linked;
      if (!this.linked) {
        this.range.max = String(places.length - 1);
        this.range.value = String(Math.max(0, at));
        this.range.setAttribute("aria-valuetext", `${Steps.word()} ${Steps.short(places[at])}`);
      }
      this.element.classList.toggle("older", at >= 0 && places[at] < goal);
      this.element.classList.toggle("none", at < 0);
      this.badge.textContent = this.badgeText(places, at, goal);
      if (images === undefined || entry === this.shown) {
        return; // nothing new, or it is told when the pictures' names are there
      }
      this.shown = entry;
      this.show(images);
    }

    show(images) {
      this.setCount(images);
      const shown = Math.min(images.length, this.most);
      while (this.tiles.length > shown) {
        this.tiles.pop().element.remove();
      }
      while (this.tiles.length < shown) {
        this.tiles.push(new Tile(this, this.tiles.length));
        this.grid.append(this.tiles[this.tiles.length - 1].element);
      }
      this.tiles.forEach((tile, item) => tile.show(images[item]));
      this.more.hidden = shown === images.length;
      this.more.textContent = `Show more of ${images.length} pictures (${shown} shown)`;
    }

    badgeText(places, at, goal) {
      const word = Steps.word();
      if (!places.length) {
        return Steps.axis ? `no ${word}` : "";
      }
      if (at < 0) {
        return `starts at ${word} ${Steps.short(places[0])}`;
      }
      const held = this.linked ? "" : "held, ";
      const older = places[at] < goal ? "\u25c2 older: " : "";
      return `${held}${older}${word} ${Steps.short(places[at])}`;
    }
  }

  function panelOf(run, key) {
    const name = `${run.id} ${run.epoch}\n${key}`;
    if (!panels.has(name)) {
      panels.set(name, new Panel(run, key));
    }
    return panels.get(name);
  }

  /* Every word of the search must be in the key. */
  function isWanted(key) {
    const lower = key.toLowerCase();
    return wanted.split(/\s+/).every((word) => lower.includes(word));
  }

  /* The keys of the chosen runs that the search leaves, in the order they came. */
  function keys() {
    const all = new Map();
    runs.forEach((run) => run.panels.forEach((panel, key) => {
      if (!all.has(key) && isWanted(key)) {
        all.set(key, panel);
      }
    }));
    return Array.from(all.values());
  }

  /* Lays the panels out: by the key's first folder, and within it by grouping number. */
  function layOut() {
    observer.disconnect();
    const found = keys();
    const shown = found.slice(0, most);
    const folders = new Map([["", []]]); // keys without a folder come first
    shown.forEach((panel) => {
      folders.set(panel.folder, folders.get(panel.folder) || []);
      folders.get(panel.folder).push(panel);
    });
    const filled = Array.from(folders).filter(([, inside]) => inside.length);
    main.replaceChildren(...filled.map(([name, inside]) => layOutFolder(name, inside)));
    if (!found.length) {
      main.append(make("p", "empty", whyEmpty()));
    }
    if (found.length > most) {
      main.append(makeButton(
        "more", `Show more of ${found.length} keys (${most} shown)`, "", () => {
          most += PANELS_AT_ONCE;
          layOut();
        }
      ));
    }
    const inPage = Array.from(main.querySelectorAll(".panel"));
    forget(new Set(inPage));
    inPage.forEach((element) => observer.observe(element));
    laidOut = signature();
  }

  function whyEmpty() {
    if (!Runs.chosen.length) {
      return Runs.all.length ? "No run is chosen." : "There are no runs here yet.";
    }
    if (runs.some((run) => run.panels.size)) {
      return "No key has these words.";
    }
    if (!runs.length || runs.some((run) => run.reading < 1)) {
      return "Reading \u2026";
    }
    return runs.length > 1 ? "These runs have no pictures yet." : "This run has no pictures yet.";
  }

  /* Lets go of the panels of runs that are not chosen any more, or were written anew. */
  function forget(inPage) {
    const chosen = new Set(runs.map((run) => `${run.id} ${run.epoch}`));
    panels.forEach((panel, name) => {
      panel.isNear = false;
      if (!inPage.has(panel.element) && !chosen.has(name.split("\n")[0])) {
        panels.delete(name);
        seen.delete(panel.element);
        sizes.unobserve(panel.grid);
      }
    });
  }

  function layOutFolder(name, inside) {
    const heading = make("h2", "folder", name, make("span", "count", String(inside.length)));
    const body = runs.length > 1 ? inside.map(layOutRow) : [layOutFlow(inside)];
    return make("section", "", ...(name ? [heading] : []), ...body);
  }

  /* A key of several runs: a panel for each of them, and a gap that says so where one has none. */
  function layOutRow({ key, folder }) {
    const name = nameInFolder({ key, folder }) || key;
    const cells = runs.map((run) => {
      if (run.panels.has(key)) {
        const panel = panelOf(run, key);
        panel.setTitle();
        return panel.element;
      }
      return make("p", "no-panel", `${run.name} has no ${key}`);
    });
    const title = make("h3", "row-key", name);
    title.title = key;
    const row = make("section", "key-row", title, make("div", "cells", ...cells));
    row.setAttribute("aria-label", key);
    return row;
  }

  function layOutFlow(inside) {
    const [run] = runs;
    const groups = new Map();
    const body = make("div", "flow");
    inside.forEach(({ key, grouping }) => {
      const panel = panelOf(run, key);
      panel.setTitle();
      if (grouping === undefined) {
        body.append(panel.element);
        return;
      }
      if (!groups.has(grouping)) {
        const label = make("h3", "group-name", `Group ${grouping}`);
        const group = make("section", "group", label, make("div", "flow"));
        groups.set(grouping, group);
        body.append(group);
      }
      groups.get(grouping).lastChild.append(panel.element);
    });
    return body;
  }

  /* What the lay-out depends on. */
  function signature() {
    const chosen = runs.map((run) => `${run.id} ${run.epoch} ${run.name} ${run.panels.size}`);
    const listed = [Runs.all.length, Runs.chosen.length];
    return [...chosen, ...listed, runs.some((run) => run.reading < 1), wanted, most].join("\n");
  }

  const all = () => Array.from(panels.values());
  const inPage = () => all().filter((panel) => panel.element.isConnected);

  return {
    describe,
    inPage,
    panelOf,
    update: () => all().forEach((panel) => panel.update()),
    /* Shows these runs as they are now. */
    use(chosen) {
      runs = chosen;
      document.body.classList.toggle("compares-runs", runs.length > 1);
      main.style.setProperty("--runs", String(runs.length));
      if (signature() !== laidOut) {
        layOut();
      }
    },
    resize: () => all().forEach((panel) => panel.spread()),
    redraw: () => all().forEach((panel) => panel.tiles.forEach((tile) => tile.shot.redraw())),
    search(text) {
      wanted = text.trim().toLowerCase();
      most = PANELS_AT_ONCE;
      layOut();
    },
    listen(listeners) {
      ({ open, pick, isPicked } = listeners);
    },
    refreshPicks: () => all().forEach((panel) => panel.tiles.forEach((tile) => {
      tile.choose.checked = isPicked(panel, tile.item);
    })),
  };
})();
