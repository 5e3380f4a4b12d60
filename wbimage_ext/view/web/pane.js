/* A picture in the viewer: its title, its own step, and where it lies in the pane.
   In: a panel and the place of a picture in it. Out: an element. A pane follows the slider, or is
   held at a place of its own. All panes have one zoom and pan. */
/* global Panels, Run, Shot, Steps, make, makeButton */
/* exported Pane */
"use strict";

class Pane {
  /* `view` is {zoom, x, y}: zoom 1 fits, x and y are the picture's point in the middle. */
  constructor({ panel, item, held = null, view, actions }) {
    this.panel = panel;
    this.item = item;
    this.held = held; // null: follows the slider
    this.view = view;
    this.actions = actions;
    this.shown = -1;
    this.shot = new Shot({ onSize: () => this.place() });
    this.shot.element.classList.add("deep");
    this.title = make("p", "pane-title");
    this.entry = make("input");
    Object.assign(this.entry, { inputMode: "numeric", size: 6, autocomplete: "off" });
    this.entry.setAttribute("aria-label", `Step of ${panel.key} in this pane`);
    this.entry.addEventListener("change", () => this.holdAt(this.entry.value));
    this.link = makeButton("icon link", "", "Follows the step slider", () => {
      this.held = this.held === null ? this.placeShown : null;
      actions.changed();
    });
    this.remove = makeButton("icon", "\u2715", "Remove this pane", () => actions.drop(this));
    const label = make("label", "entry", "Step ", this.entry);
    this.word = label.firstChild;
    this.element = make(
      "section", "pane",
      make(
        "header", "", this.title,
        makeButton("icon", "\u2039", "Step back in this pane", () => this.move(-1)), label,
        makeButton("icon", "\u203a", "Step on in this pane", () => this.move(1)),
        this.link, this.remove
      ),
      this.shot.element
    );
    this.element.setAttribute("aria-label", panel.key);
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(this.shot.element);
  }

  get order() {
    return this.panel.run.order(this.panel.key, Steps.axis);
  }

  get goal() {
    return this.held === null ? Steps.goal() : this.held;
  }

  get placeShown() {
    return this.order.places[this.shown];
  }

  /* Holds the pane at its latest place at or before the one typed. */
  holdAt(text) {
    const { places } = this.order;
    const typed = Number(text);
    if (text.trim() !== "" && !Number.isNaN(typed) && places.length) {
      this.held = places[Math.max(0, Run.lastAtMost(places, typed))];
    }
    this.actions.changed();
  }

  move(by) {
    const { places } = this.order;
    this.held = places[Math.min(places.length - 1, Math.max(0, this.shown + by))];
    this.actions.changed();
  }

  /* Shows the picture of the goal; `count` is how many panes there are. */
  update(count) {
    const { places, entries } = this.order;
    const found = Run.lastAtMost(places, this.goal);
    this.shown = Math.max(0, found);
    const images = entries.length ? this.panel.run.images(entries[this.shown]) : undefined;
    this.word.textContent = `${Steps.axis || "Step"} `;
    this.entry.value = places.length ? Steps.short(places[this.shown]) : "";
    this.link.setAttribute("aria-pressed", String(this.held === null));
    this.remove.hidden = count < 2;
    if (!images) {
      return; // it is told when the pictures' names are there
    }
    const image = images[Math.min(this.item, images.length - 1)];
    this.text = Panels.describe(this.panel, this.item, image);
    const isOlder = places[this.shown] < this.goal;
    const older = found < 0 ? "starts later" : isOlder ? "\u25c2 older" : "";
    this.title.replaceChildren(
      make("span", "", older ? `${this.text} \u00b7 ` : this.text), older
    );
    this.title.title = this.text;
    this.element.classList.toggle("older", Boolean(older));
    this.shot.show(this.panel.run, image, this.text);
    this.place();
    this.prefetch();
  }

  /* Asks for the pictures beside this one, so that the slider does not flicker. */
  prefetch() {
    const { entries } = this.order;
    const state = `${this.shown} of ${entries.length}`;
    if (state === this.prefetched) {
      return;
    }
    this.prefetched = state;
    [this.shown + 1, this.shown - 1].forEach((next) => {
      const images = entries[next] === undefined ? null : this.panel.run.images(entries[next]);
      if (images && images[this.item]) {
        new Image().src = this.panel.run.url(images[this.item].u);
      }
    });
  }

  /* CSS pixels for one picture pixel when the whole picture fits. */
  get fit() {
    const { clientWidth, clientHeight } = this.shot.element;
    return Math.min(clientWidth / this.shot.width, clientHeight / this.shot.height) || 1;
  }

  get scale() {
    return this.fit * this.view.zoom;
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
      snap(clientWidth / 2 - this.view.x * width), snap(clientHeight / 2 - this.view.y * height),
      width, height
    );
    this.shot.element.classList.toggle("enlarged", scale * devicePixelRatio >= 1);
    this.actions.placed(this);
  }

  close() {
    this.observer.disconnect();
    this.element.remove();
  }
}
