/* The dialog for looking closely: one to four panes with one zoom and pan for all of them.
   In: a panel and the place of a picture in it. Out: a modal dialog; the step slider, the overlay
   controls and the readout move into it while it is open, and back when it closes.
   Zoom is layout, not a transform: lines and names keep their width, pixels stay square. */
/* global Store, Panels, Shot, Readout, make */
/* exported Viewer */
"use strict";

const Viewer = (() => {
  const MOST_PANES = 4;
  const LARGEST_SCALE = 64; // CSS pixels for one picture pixel
  const { steps } = Store.index;
  const find = (id) => document.getElementById(id);
  const dialog = find("viewer");
  const guests = [
    [find("steps"), find("step-home"), find("viewer-step-home")],
    [find("controls"), find("side-home"), find("viewer-side-home")],
    [Readout.card, document.body, dialog],
  ];
  const view = { zoom: 1, x: 0.5, y: 0.5 }; // zoom 1 fits; x, y: the picture's point in the middle
  let panes = [];
  let at = 0;
  let returnTo = null;

  function button(text, label, act) {
    const made = make("button", "icon", text);
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.title = label;
    made.addEventListener("click", act);
    return made;
  }

  class Pane {
    constructor(panel, item, pinnedAt) {
      this.panel = panel;
      this.item = item;
      this.pinnedAt = pinnedAt; // null: follows the slider
      this.shot = new Shot({ onSize: () => this.place() });
      this.shot.element.classList.add("deep");
      this.title = make("p", "pane-title");
      this.entry = make("input");
      Object.assign(this.entry, { inputMode: "numeric", size: 6, autocomplete: "off" });
      this.entry.setAttribute("aria-label", `Step of ${panel.key} in this pane`);
      this.entry.addEventListener("change", () => this.pinTo(Number(this.entry.value)));
      this.link = button("", "Follows the step slider", () => {
        this.pinnedAt = this.pinnedAt === null ? this.shownAt : null;
        this.update();
      });
      this.link.classList.add("link");
      this.remove = button("\u2715", "Remove this pane", () => drop(this));
      const label = make("label", "entry", "Step ", this.entry);
      this.element = make(
        "section", "pane",
        make(
          "header", "", this.title,
          button("\u2039", "Step back in this pane", () => this.move(-1)), label,
          button("\u203a", "Step on in this pane", () => this.move(1)), this.link, this.remove
        ),
        this.shot.element
      );
      this.element.setAttribute("aria-label", panel.key);
      this.observer = new ResizeObserver(() => this.place());
      this.observer.observe(this.shot.element);
      listenForPointers(this);
    }

    get goal() {
      return this.pinnedAt === null ? at : this.pinnedAt;
    }

    /* Pins the pane to its latest step at or before the one typed. */
    pinTo(step) {
      const found = Store.lastAtMost(steps, step);
      if (!Number.isNaN(step) && found >= 0) {
        this.pinnedAt = Math.max(Store.latest(this.panel.number, found), this.panel.steps[0]);
      }
      this.update();
    }

    move(by) {
      const own = this.panel.steps;
      const place = Store.lastAtMost(own, this.shownAt) + by;
      this.pinnedAt = own[Math.min(own.length - 1, Math.max(0, place))];
      this.update();
    }

    update() {
      const found = Store.latest(this.panel.number, this.goal);
      this.shownAt = found < 0 ? this.panel.steps[0] : found;
      const images = Store.cell(this.panel.number, this.shownAt);
      const image = images[Math.min(this.item, images.length - 1)];
      const text = Panels.describe(this.panel, this.item, image);
      const older = found < 0 ? "starts later" : found < this.goal ? "\u25c2 older" : "";
      this.title.replaceChildren(make("span", "", older ? `${text} \u00b7 ` : text), older);
      this.title.title = text;
      this.element.classList.toggle("older", Boolean(older));
      this.entry.value = String(steps[this.shownAt]);
      this.link.setAttribute("aria-pressed", String(this.pinnedAt === null));
      this.remove.hidden = panes.length < 2;
      this.shot.show(image, text);
      this.place();
      if (panes[0] === this) {
        find("viewer-title").textContent = panes.length > 1 ? `${panes.length} compared` : text;
      }
      this.prefetch();
    }

    /* Asks for the pictures of the steps beside this one, so that the slider does not flicker. */
    prefetch() {
      const own = this.panel.steps;
      const place = Store.lastAtMost(own, this.shownAt);
      [place + 1, place - 1].forEach((next) => {
        if (next >= 0 && next < own.length) {
          const image = Store.cell(this.panel.number, own[next])[this.item];
          if (image) {
            new Image().src = Store.url(image.u);
          }
        }
      });
    }

    /* CSS pixels for one picture pixel when the whole picture fits. */
    get fit() {
      const { clientWidth, clientHeight } = this.shot.element;
      return Math.min(clientWidth / this.shot.width, clientHeight / this.shot.height) || 1;
    }

    get scale() {
      return this.fit * view.zoom;
    }

    place() {
      const { clientWidth, clientHeight } = this.shot.element;
      if (!clientWidth || !this.shot.image) {
        return;
      }
      const { scale } = this;
      const width = this.shot.width * scale;
      const height = this.shot.height * scale;
      const snap = (value) => Math.round(value * devicePixelRatio) / devicePixelRatio;
      this.shot.place(
        snap(clientWidth / 2 - view.x * width), snap(clientHeight / 2 - view.y * height),
        width, height
      );
      this.shot.element.classList.toggle("enlarged", scale * devicePixelRatio >= 1);
      if (panes[0] === this) {
        const percent = scale * devicePixelRatio * 100;
        find("zoom-level").textContent = `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
      }
    }
  }

  function placeAll() {
    panes.forEach((pane) => pane.place());
  }

  const within = (value, low, high) => Math.min(high, Math.max(low, value));

  /* Changes the zoom so that the picture's point under (x, y), in the pane, stays where it is. */
  function zoomBy(factor, pane, x, y) {
    const { clientWidth, clientHeight } = pane.shot.element;
    const old = pane.scale;
    view.zoom = within(view.zoom * factor, 0.25, Math.max(1, LARGEST_SCALE / pane.fit));
    const fromMiddleX = (x === undefined ? clientWidth / 2 : x) - clientWidth / 2;
    const fromMiddleY = (y === undefined ? clientHeight / 2 : y) - clientHeight / 2;
    const change = 1 / old - 1 / pane.scale;
    panBy(pane, fromMiddleX * change * pane.scale, fromMiddleY * change * pane.scale);
  }

  /* Moves the view by CSS pixels of the pane; the picture's edge stops at the middle. */
  function panBy(pane, x, y) {
    view.x = within(view.x + x / (pane.shot.width * pane.scale), 0, 1);
    view.y = within(view.y + y / (pane.shot.height * pane.scale), 0, 1);
    placeAll();
  }

  function fit() {
    Object.assign(view, { zoom: 1, x: 0.5, y: 0.5 });
    placeAll();
  }

  function oneToOne() {
    view.zoom = 1 / devicePixelRatio / panes[0].fit;
    placeAll();
  }

  function listenForPointers(pane) {
    const area = pane.shot.element;
    const pointers = new Map();
    const spread = () => {
      const [a, b] = Array.from(pointers.values());
      return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    };
    area.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = area.getBoundingClientRect();
      const lines = event.deltaMode === 1 ? 20 : 1;
      zoomBy(
        Math.exp(-event.deltaY * lines * 0.002), pane,
        event.clientX - box.left, event.clientY - box.top
      );
    }, { passive: false });
    area.addEventListener("pointerdown", (event) => {
      if (event.button === 0) {
        area.setPointerCapture(event.pointerId);
        pointers.set(event.pointerId, event);
        area.classList.add("dragged");
      }
    });
    area.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) {
        return;
      }
      const was = pointers.size === 2 ? spread() : 0;
      pointers.set(event.pointerId, event);
      if (pointers.size === 2) {
        zoomBy(spread() / was, pane);
      } else {
        panBy(pane, before.clientX - event.clientX, before.clientY - event.clientY);
      }
    });
    ["pointerup", "pointercancel"].forEach((kind) => area.addEventListener(kind, (event) => {
      pointers.delete(event.pointerId);
      area.classList.toggle("dragged", pointers.size > 0);
    }));
    area.addEventListener("dblclick", (event) => {
      if (view.zoom > 1.01) {
        fit();
        return;
      }
      const box = area.getBoundingClientRect();
      zoomBy(4, pane, event.clientX - box.left, event.clientY - box.top);
    });
  }

  /* Whether the pictures are larger one above the other than side by side. */
  function isBetterStacked() {
    const { clientWidth, clientHeight } = find("panes");
    const { width, height } = panes[0].shot;
    const count = panes.length;
    const beside = Math.min(clientWidth / count / width, clientHeight / height);
    const stacked = Math.min(clientWidth / width, clientHeight / count / height);
    return (count === 2 || count === 3) && stacked > beside * 1.15;
  }

  function arrange() {
    find("panes").dataset.count = String(panes.length);
    find("viewer-move").hidden = panes.length > 1;
    find("viewer-add").disabled = panes.length >= MOST_PANES;
    panes.forEach((pane) => pane.update());
    find("panes").classList.toggle("stacked", isBetterStacked());
  }

  function add(panel, item, pinnedAt = null) {
    const pane = new Pane(panel, item, pinnedAt);
    panes.push(pane);
    find("panes").append(pane.element);
  }

  function drop(pane) {
    pane.observer.disconnect();
    pane.element.remove();
    panes = panes.filter((other) => other !== pane);
    arrange();
    find("viewer-add").focus();
  }

  /* Adds a pane with the last pane's picture, held at the step before it (or the one after). */
  function addStep() {
    const last = panes[panes.length - 1];
    if (panes.length < MOST_PANES) {
      const own = last.panel.steps;
      const place = Store.lastAtMost(own, last.shownAt);
      add(last.panel, last.item, own[place > 0 ? place - 1 : Math.min(1, own.length - 1)]);
      arrange();
    }
  }

  /* Goes to the next picture of the panel, or on to the next panel that is shown. */
  function movePicture(by) {
    if (panes.length > 1) {
      return;
    }
    const [pane] = panes;
    const count = Store.cell(pane.panel.number, pane.shownAt).length;
    const item = Math.min(pane.item, count - 1) + by;
    if (item >= 0 && item < count) {
      pane.item = item;
    } else {
      const shown = Panels.panels.filter((panel) => panel.element && panel.element.isConnected);
      const next = shown[shown.indexOf(pane.panel) + by];
      if (!next) {
        return;
      }
      pane.panel = next;
      const found = Math.max(Store.latest(next.number, pane.goal), next.steps[0]);
      pane.item = by > 0 ? 0 : Store.cell(next.number, found).length - 1;
      pane.pinnedAt = pane.pinnedAt === null ? null : found;
    }
    pane.update();
  }

  /* Opens the dialog with pictures given as {panel, item}, a panel held by the user at its step. */
  function open(pictures, opener) {
    returnTo = opener;
    panes = [];
    find("panes").replaceChildren();
    pictures.slice(0, MOST_PANES).forEach(({ panel, item }) => {
      add(panel, item, panel.linked === false ? panel.shownAt : null);
    });
    guests.forEach(([guest, , there]) => there.append(guest));
    setSide(window.innerWidth > 900);
    dialog.showModal();
    Object.assign(view, { zoom: 1, x: 0.5, y: 0.5 });
    arrange();
    find("zoom-fit").focus();
  }

  function setSide(shown) {
    dialog.classList.toggle("no-side", !shown);
    find("viewer-side").setAttribute("aria-expanded", String(shown));
  }

  function closed() {
    Readout.card.hidden = true;
    guests.forEach(([guest, home]) => home.append(guest));
    panes.forEach((pane) => pane.observer.disconnect());
    panes = [];
    find("panes").replaceChildren();
    if (returnTo && returnTo.isConnected) {
      returnTo.focus();
    }
  }

  const KEYS = {
    "+": () => zoomBy(1.5, panes[0]),
    "=": () => zoomBy(1.5, panes[0]),
    "-": () => zoomBy(1 / 1.5, panes[0]),
    0: fit,
    1: oneToOne,
    n: () => movePicture(1),
    p: () => movePicture(-1),
    c: addStep,
    ArrowUp: () => panBy(panes[0], 0, -80),
    ArrowDown: () => panBy(panes[0], 0, 80),
    a: () => panBy(panes[0], -80, 0),
    d: () => panBy(panes[0], 80, 0),
    w: () => panBy(panes[0], 0, -80),
    s: () => panBy(panes[0], 0, 80),
  };

  function start() {
    dialog.addEventListener("close", closed);
    find("viewer-close").addEventListener("click", () => dialog.close());
    find("zoom-in").addEventListener("click", KEYS["+"]);
    find("zoom-out").addEventListener("click", KEYS["-"]);
    find("zoom-fit").addEventListener("click", fit);
    find("zoom-one").addEventListener("click", oneToOne);
    find("viewer-next").addEventListener("click", KEYS.n);
    find("viewer-back").addEventListener("click", KEYS.p);
    find("viewer-add").addEventListener("click", addStep);
    find("viewer-side").addEventListener("click", () => {
      setSide(dialog.classList.contains("no-side"));
    });
  }

  return {
    start,
    open,
    isOpen: () => dialog.open,
    goTo(place) {
      at = place;
      panes.forEach((pane) => pane.update());
    },
    redraw() {
      panes.forEach((pane) => pane.shot.redraw());
    },
    /* Acts on a key that nothing else has taken; returns whether it did. */
    key(name) {
      const act = dialog.open && KEYS[name];
      if (act) {
        act();
      }
      return Boolean(act);
    },
  };
})();
