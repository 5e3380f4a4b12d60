/* The grid of panels: one for each key, with the pictures of its latest step at or before the
   slider's. In: the place of the slider's step. Out: elements; only the current step's pictures
   are in the page's tree, and panels out of sight are brought up to date when they are seen. */
/* global Store, Overlays, Shot, make */
/* exported Panels */
"use strict";

const Panels = (() => {
  const TILES_AT_ONCE = 60;
  const PANELS_AT_ONCE = 80;
  const { steps } = Store.index;

  const main = document.getElementById("panels");
  const panels = Store.index.panels.map((entry, number) => ({ ...entry, number }));
  const seen = new Map(); // panel's element -> panel, for the observer
  let at = 0;
  let most = PANELS_AT_ONCE;
  let wanted = "";
  let open = () => {};
  let pick = () => {};
  let isPicked = () => false;

  const observer = new IntersectionObserver((entries) => {
    entries.forEach((entry) => {
      const panel = seen.get(entry.target);
      panel.isNear = entry.isIntersecting;
      if (panel.isNear) {
        update(panel);
      }
    });
  }, { rootMargin: "600px 0px" });

  function button(className, label, act) {
    const made = make("button", className);
    made.type = "button";
    if (label) {
      made.setAttribute("aria-label", label);
      made.title = label;
    }
    made.addEventListener("click", act);
    return made;
  }

  /* What a picture is called where it cannot be seen, and in the viewer's title. */
  function describe(panel, item, image) {
    const place = panel.steps.length && panel.count > 1 ? ` [${item}]` : "";
    return image.c ? `${image.c} (${panel.key}${place})` : `${panel.key}${place}`;
  }

  function overlaysText(image) {
    const parts = (image.b || []).map(([layer, , boxes]) => (
      `${boxes.length} boxes in ${Overlays.state.layers[layer].name}`
    ));
    (image.m || []).forEach(([layer]) => parts.push(`mask ${Overlays.state.layers[layer].name}`));
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
      const text = describe(this.panel, this.item, image);
      this.shot.show(image, text + overlaysText(image));
      this.caption.textContent = image.c || "";
      this.caption.title = image.c || "";
      this.choose.setAttribute("aria-label", `Compare ${text}`);
      this.choose.checked = isPicked(this.panel, this.item);
      this.sized();
    }

    sized() {
      const { shot } = this;
      shot.element.classList.toggle("small", shot.width <= 256);
      this.file.hidden = !shot.broken;
      if (shot.broken) {
        const name = decodeURIComponent(shot.image.u).split("/").pop();
        this.file.href = Store.url(shot.image.u);
        this.file.textContent = `${name} cannot be shown here`;
      }
    }
  }

  function build(panel) {
    panel.tiles = [];
    panel.count = 0;
    panel.most = TILES_AT_ONCE;
    panel.shownAt = undefined;
    panel.linked = true;
    panel.ownAt = 0;
    panel.title = make("h3", "key");
    const name = panel.key.slice(panel.folder.length).replace(/^[/.]/, "");
    const slash = name.lastIndexOf("/") + 1;
    panel.title.append(make("span", "", name.slice(0, slash)), name.slice(slash) || panel.key);
    panel.title.title = panel.key;
    panel.badge = make("p", "badge");
    panel.link = button("icon link", `Link ${panel.key} to the step slider`, () => {
      panel.linked = !panel.linked;
      panel.ownAt = panel.shownAt === undefined || panel.shownAt < 0 ? at : panel.shownAt;
      update(panel);
    });
    panel.link.title = "Follows the step slider; switch off to hold this panel";
    panel.range = make("input");
    Object.assign(panel.range, { type: "range", min: 0, max: panel.steps.length - 1 });
    panel.range.setAttribute("aria-label", `Step of ${panel.key}`);
    panel.range.addEventListener("input", () => {
      panel.ownAt = panel.steps[Number(panel.range.value)];
      update(panel);
    });
    panel.grid = make("div", "grid");
    panel.more = button("more", "", () => {
      panel.most += TILES_AT_ONCE * 4;
      panel.shownAt = undefined;
      update(panel);
    });
    panel.element = make(
      "section", "panel",
      make("header", "", panel.title, panel.badge, panel.link), panel.range, panel.grid, panel.more
    );
    panel.element.setAttribute("aria-label", panel.key);
    if (panel.columns) {
      panel.element.classList.add("columned");
      panel.element.style.setProperty("--columns", String(panel.columns));
    }
    seen.set(panel.element, panel);
    const first = Store.cell(panel.number, panel.steps[0]);
    setCount(panel, first.length);
    panel.element.classList.toggle("tiny", first.length > 6 && first[0].w <= 128);
  }

  /* A panel keeps the width of its fullest step, so that nothing jumps while stepping. */
  function setCount(panel, count) {
    if (count > panel.count) {
      panel.count = count;
      panel.element.style.setProperty("--count", String(Math.min(count, TILES_AT_ONCE)));
    }
  }

  function update(panel) {
    if (!panel.isNear) {
      return;
    }
    const goal = panel.linked ? at : panel.ownAt;
    const found = Store.latest(panel.number, goal);
    panel.link.setAttribute("aria-pressed", String(panel.linked));
    panel.range.hidden = panel.linked;
    if (!panel.linked) {
      panel.range.value = Math.max(0, Store.lastAtMost(panel.steps, goal));
      panel.range.setAttribute("aria-valuetext", `step ${steps[found]}`);
    }
    panel.element.classList.toggle("older", found >= 0 && found < goal);
    panel.element.classList.toggle("none", found < 0);
    panel.badge.textContent = badge(panel, goal, found);
    if (found === panel.shownAt) {
      return;
    }
    panel.shownAt = found;
    const images = found < 0 ? [] : Store.cell(panel.number, found);
    setCount(panel, images.length);
    const shown = Math.min(images.length, panel.most);
    while (panel.tiles.length > shown) {
      panel.tiles.pop().element.remove();
    }
    while (panel.tiles.length < shown) {
      panel.tiles.push(new Tile(panel, panel.tiles.length));
      panel.grid.append(panel.tiles[panel.tiles.length - 1].element);
    }
    panel.tiles.forEach((tile, item) => tile.show(images[item]));
    panel.more.hidden = shown === images.length;
    panel.more.textContent = `Show more of ${images.length} pictures (${shown} shown)`;
  }

  function badge(panel, goal, found) {
    if (found < 0) {
      return `starts at step ${steps[panel.steps[0]]}`;
    }
    const held = panel.linked ? "" : "held, ";
    const older = found < goal ? "\u25c2 older: " : "";
    return `${held}${older}step ${steps[found]}`;
  }

  /* Every word of the search must be in the key. */
  function isWanted(panel) {
    const key = panel.key.toLowerCase();
    return wanted.split(/\s+/).every((word) => key.includes(word));
  }

  /* Lays the panels out: by the key's first folder, and within it by grouping number. */
  function layOut() {
    observer.disconnect();
    const matching = panels.filter(isWanted);
    const folders = new Map([["", []]]); // keys without a folder come first
    for (const panel of matching.slice(0, most)) {
      if (!panel.element) {
        build(panel);
      }
      panel.isNear = false;
      folders.set(panel.folder, folders.get(panel.folder) || []);
      folders.get(panel.folder).push(panel);
    }
    const filled = Array.from(folders).filter(([, inside]) => inside.length);
    main.replaceChildren(...filled.map(([name, inside]) => layOutFolder(name, inside)));
    if (!matching.length) {
      const text = panels.length ? "No key has these words." : "This run has no pictures yet.";
      main.append(make("p", "empty", text));
    }
    if (matching.length > most) {
      const more = button("more", "", () => {
        most += PANELS_AT_ONCE;
        layOut();
      });
      more.textContent = `Show more of ${matching.length} keys (${most} shown)`;
      main.append(more);
    }
    matching.slice(0, most).forEach((panel) => observer.observe(panel.element));
    return matching.length;
  }

  function layOutFolder(name, inside) {
    const groups = new Map();
    const body = make("div", "flow");
    for (const panel of inside) {
      if (panel.grouping === undefined) {
        body.append(panel.element);
        continue;
      }
      if (!groups.has(panel.grouping)) {
        const label = make("h3", "group-name", `Group ${panel.grouping}`);
        const group = make("section", "group", label, make("div", "flow"));
        groups.set(panel.grouping, group);
        body.append(group);
      }
      groups.get(panel.grouping).lastChild.append(panel.element);
    }
    const heading = make("h2", "folder", name, make("span", "count", String(inside.length)));
    return make("section", "", ...(name ? [heading] : []), body);
  }

  /* Redraws the boxes and masks in sight after a switch; panels out of sight follow when seen. */
  function redraw() {
    panels.forEach((panel) => (panel.tiles || []).forEach((tile) => tile.shot.redraw()));
  }

  return {
    panels,
    describe,
    layOut,
    redraw,
    goTo(place) {
      at = place;
      panels.forEach((panel) => panel.element && update(panel));
    },
    search(text) {
      wanted = text.trim().toLowerCase();
      most = PANELS_AT_ONCE;
      return layOut();
    },
    listen(listeners) {
      ({ open, pick, isPicked } = listeners);
    },
    refreshPicks() {
      panels.forEach((panel) => (panel.tiles || []).forEach((tile) => {
        tile.choose.checked = isPicked(panel, tile.item);
      }));
    },
  };
})();
