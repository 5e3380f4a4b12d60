/* Draws one picture with its masks and boxes, in a tile or in the viewer's pane.
   In: an image of the run. Out: an element; in a pane, place() says where the picture lies in it.
   Each mask's filter sits on a wrapper of the pane's size, not on the picture, so that zooming in
   never makes the filtered area larger than the screen. */
/* global Overlays, Readout, Turn, make */
/* exported Shot */
"use strict";

class Shot {
  constructor({ lazy = false, onSize = () => {} } = {}) {
    this.lazy = lazy;
    this.onSize = onSize;
    this.image = null;
    this.element = make("span", "shot");
    this.base = this.picture("base");
    this.window = make("canvas", "window turned at"); // the picture through a window of values
    this.window.hidden = true;
    this.masks = make("span", "masks");
    this.boxes = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.boxes.setAttribute("class", "boxes at");
    this.boxes.setAttribute("preserveAspectRatio", "none");
    this.boxes.setAttribute("viewBox", "0 0 1 1");
    this.boxes.setAttribute("aria-hidden", "true");
    this.names = make("span", "names at");
    this.names.setAttribute("aria-hidden", "true");
    this.element.append(this.base, this.window, this.masks, this.boxes, this.names);
    this.base.addEventListener("load", () => this.measured());
    this.base.addEventListener("error", () => this.failed());
    for (const kind of ["pointerdown", "pointermove"]) {
      this.element.addEventListener(kind, (event) => Readout.follow(this, event));
    }
    this.element.addEventListener("pointerleave", () => Readout.hide(this));
  }

  picture(className) {
    const picture = make("img", `${className} at`);
    picture.decoding = "async";
    picture.draggable = false;
    if (this.lazy) {
      picture.loading = "lazy";
    }
    return picture;
  }

  /* Shows an image of a run; `text` says what it is to those who do not see it. */
  show(run, image, text) {
    if (image === this.image && run === this.run) {
      return;
    }
    this.run = run;
    this.image = image;
    this.broken = false;
    this.element.classList.remove("broken");
    this.base.alt = text;
    const [width, height] = this.turnBy(image.o || 1);
    if (image.w) {
      this.base.width = width;
      this.base.height = height;
    }
    this.setSize(width, height);
    this.base.src = run.url(image.u);
    this.redraw();
  }

  /* Sets the orientation of the overlays; returns width and height of the turned picture. */
  turnBy(orientation) {
    this.orientation = orientation;
    this.element.style.setProperty("--turn", Turn.css(orientation) || "none");
    this.element.classList.toggle("sideways", Turn.swaps(orientation));
    const { w = 1, h = 1 } = this.image;
    return Turn.swaps(orientation) ? [h, w] : [w, h];
  }

  setSize(width, height) {
    this.width = width;
    this.height = height;
    this.element.style.setProperty("--aspect", String(width / height));
  }

  measured() {
    const { naturalWidth: width, naturalHeight: height } = this.base;
    const { w, h, o = 1 } = this.image;
    if (width && Turn.swaps(o) && w !== h && width === w && height === h) {
      this.turnBy(1); // a browser that does not turn this format
    }
    if (width && (width !== this.width || height !== this.height)) {
      this.setSize(width, height);
      this.drawBoxes();
      this.onSize();
    }
  }

  failed() {
    if (this.image && this.base.src) {
      this.broken = true;
      this.element.classList.add("broken");
      this.onSize();
    }
  }

  /* Places the picture, in CSS pixels of the element. */
  place(left, top, width, height) {
    const style = this.element.style;
    style.setProperty("--x", `${left}px`);
    style.setProperty("--y", `${top}px`);
    style.setProperty("--w", `${width}px`);
    style.setProperty("--h", `${height}px`);
  }

  redraw() {
    if (this.image) {
      this.drawMasks();
      this.drawBoxes();
    }
  }

  drawMasks() {
    const masks = this.image.m || [];
    while (this.masks.childElementCount > masks.length) {
      this.masks.lastElementChild.remove();
    }
    masks.forEach(([number, set, path], at) => {
      let wrapper = this.masks.children[at];
      if (!wrapper) {
        wrapper = make("span", "mask", this.picture("classes-picture turned"));
        wrapper.firstElementChild.alt = "";
        this.masks.append(wrapper);
      }
      const layer = this.run.layers[number];
      const filter = Overlays.maskFilter(layer, this.run.labels[set]);
      if (wrapper.dataset.filter !== filter) {
        wrapper.dataset.filter = filter;
        wrapper.style.filter = filter;
      }
      wrapper.className = `mask pattern-${layer.pattern}`;
      wrapper.hidden = !layer.on;
      const url = this.run.url(path);
      const picture = wrapper.firstElementChild;
      if (picture.getAttribute("src") !== url) {
        picture.src = url;
      }
    });
  }

  /* Each visible box as {layer, labels, box, corners in fractions of the picture}. */
  *visibleBoxes() {
    for (const [number, set, boxes] of this.image.b || []) {
      const layer = this.run.layers[number];
      const labels = this.run.labels[set];
      if (!layer.on) {
        continue;
      }
      for (const box of boxes) {
        if (Overlays.isBoxOn(layer, labels, box)) {
          yield { layer, labels, box, at: this.corners(box) };
        }
      }
    }
  }

  /* A box's left, top, right and bottom in fractions of the picture as it is shown. */
  corners([x0, y0, x1, y1, , , , isPixel]) {
    const [width, height] = Turn.swaps(this.orientation)
      ? [this.height, this.width] : [this.width, this.height];
    const [across, down] = isPixel ? [width, height] : [1, 1];
    const [ax, ay] = Turn.toShown(this.orientation, x0 / across, y0 / down);
    const [bx, by] = Turn.toShown(this.orientation, x1 / across, y1 / down);
    return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
  }

  drawBoxes() {
    const halo = [];
    const lines = new Map(); // one path for each colour and pattern
    const names = [];
    for (const { layer, labels, box, at } of this.visibleBoxes()) {
      const [x0, y0, x1, y1] = at;
      const outline = `M${x0} ${y0}H${x1}V${y1}H${x0}Z`;
      const id = box[4] === undefined ? null : box[4];
      const look = `${layer.pattern} ${id}`;
      halo.push(outline);
      if (!lines.has(look)) {
        lines.set(look, { id, pattern: layer.pattern, outlines: [] });
      }
      lines.get(look).outlines.push(outline);
      if (Overlays.state.names) {
        names.push(this.nameTag(layer, labels, box, at));
      }
    }
    const path = (className, outlines) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
      made.setAttribute("class", className);
      made.setAttribute("d", outlines.join(""));
      return made;
    };
    this.boxes.replaceChildren(
      ...(halo.length ? [path("halo", halo)] : []),
      ...Array.from(lines.values(), ({ id, pattern, outlines }) => {
        const line = path(`line pattern-${pattern}`, outlines);
        line.style.stroke = Overlays.cssColour(id);
        return line;
      })
    );
    this.names.replaceChildren(...names);
    this.names.classList.toggle("many", names.length > 8);
  }

  nameTag(layer, labels, box, [x0, y0]) {
    const id = box[4] === undefined ? null : box[4];
    const tag = make("span", `name pattern-${layer.pattern}`, Shot.boxText(labels, box));
    tag.style.left = `min(${Math.max(0, x0) * 100}%, 100% - 3em)`;
    tag.style.top = `max(${y0 * 100}%, 17px)`; // there is room for it above, inside the picture
    tag.style.background = Overlays.cssColour(id);
    tag.style.color = Overlays.inkOn(id);
    return tag;
  }

  static boxText(labels, [, , , , id = null, caption, scores]) {
    const name = caption || (id === null ? "box" : Overlays.className(labels, id));
    const [score] = Object.values(scores || {});
    return caption || score === undefined ? name : `${name} ${Number(score.toFixed(2))}`;
  }

  /* The stored pixel under a point given in fractions, as [column, row]. */
  pixel(x, y) {
    const [storedX, storedY] = Turn.toStored(this.orientation, x, y);
    const [width, height] = Turn.swaps(this.orientation)
      ? [this.height, this.width] : [this.width, this.height];
    return [Math.floor(storedX * width), Math.floor(storedY * height)];
  }

  /* What lies under a point given in fractions: a promise of [{colour, text}]. */
  async under(x, y) {
    const found = [];
    for (const [number, set, path, mask] of this.image.m || []) {
      const layer = this.run.layers[number];
      const labels = this.run.labels[set];
      if (!layer.on) {
        continue;
      }
      const values = await this.run.maskValues(path, mask);
      if (!values) {
        found.push({ id: null, text: "class not stored in this page", layer });
        continue;
      }
      const [storedX, storedY] = Turn.toStored(this.orientation, x, y);
      const column = Math.min(values.width - 1, Math.floor(storedX * values.width));
      const row = Math.min(values.height - 1, Math.floor(storedY * values.height));
      const id = values.values[row * values.width + column];
      if (Overlays.isMaskClassOn(layer, labels, id)) {
        found.push({ id, text: `${Overlays.className(labels, id)} (${id})`, layer });
      }
    }
    for (const { layer, labels, box, at: [x0, y0, x1, y1] } of this.visibleBoxes()) {
      if (x >= x0 && x <= x1 && y >= y0 && y <= y1) {
        const [, , , , id = null, , scores] = box;
        const details = Object.entries(scores || {}).map(([name, score]) => `${name} ${score}`);
        const name = id === null ? "" : Overlays.className(labels, id);
        const caption = box[5] || "";
        const parts = [caption, caption.includes(name) ? "" : name, ...details].filter(Boolean);
        found.push({ id, text: parts.join(" \u00b7 ") || "box", layer });
      }
    }
    return found;
  }
}
