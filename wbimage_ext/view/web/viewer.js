/* The dialog for looking closely: one to four panes with one zoom and pan for all of them.
   In: a panel and the place of a picture in it. Out: a modal dialog; the step slider, the overlay
   controls and the readout move into it while it is open, and back when it closes.
   Zoom is layout, not a transform: lines and names keep their width, pixels stay square. */
/* global Compare, Panels, Pane, Readout, Run, Steps, Values */
/* exported Viewer */
"use strict";

const Viewer = (() => {
  const MOST_PANES = 4;
  const LARGEST_SCALE = 64; // CSS pixels for one picture pixel
  const find = (id) => document.getElementById(id);
  const dialog = find("viewer");
  const guests = [
    [find("steps"), find("step-home"), find("viewer-step-home")],
    [find("controls"), find("side-home"), find("viewer-side-home")],
    [Readout.card, document.body, dialog],
  ];
  const view = { zoom: 1, x: 0.5, y: 0.5 }; // zoom 1 fits; x, y: the picture's point in the middle
  let panes = [];
  let returnTo = null;

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
      if (event.button === 0 && !Compare.takes(event)) {
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
    Compare.use(panes);
    update();
    find("panes").classList.toggle("stacked", isBetterStacked());
  }

  function update() {
    panes.forEach((pane) => {
      pane.update(panes.length);
      Values.draw(pane.shot);
    });
    Compare.name();
    if (panes.length) {
      find("viewer-title").textContent = (
        panes.length > 1 ? `${panes.length} compared` : panes[0].text || panes[0].panel.key
      );
    }
  }

  /* What a pane tells of itself. */
  const actions = {
    changed: update,
    drop: (pane) => {
      pane.close();
      panes = panes.filter((other) => other !== pane);
      arrange();
      find("viewer-add").focus();
    },
    placed: (pane) => {
      if (panes[0] === pane) {
        const percent = pane.scale * devicePixelRatio * 100;
        find("zoom-level").textContent = `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
      }
    },
  };

  function add(panel, item, held = null) {
    const pane = new Pane({ panel, item, held, view, actions });
    panes.push(pane);
    listenForPointers(pane);
    find("panes").append(pane.element);
  }

  /* Adds a pane with the last pane's picture, held at the place before it (or the one after). */
  function addStep() {
    const last = panes[panes.length - 1];
    if (panes.length < MOST_PANES) {
      const { places } = last.order;
      const { shown } = last;
      add(last.panel, last.item, places[shown > 0 ? shown - 1 : Math.min(1, places.length - 1)]);
      arrange();
    }
  }

  /* Goes to the next picture of the panel, or on to the next panel that is shown. */
  function movePicture(by) {
    if (panes.length > 1) {
      return;
    }
    const [pane] = panes;
    const count = imagesOf(pane.panel, pane.goal).length;
    const item = Math.min(pane.item, count - 1) + by;
    if (item >= 0 && item < count) {
      pane.item = item;
    } else {
      const shown = Panels.inPage();
      const isBefore = (a, b) => a.element.compareDocumentPosition(b.element) & 4;
      shown.sort((a, b) => (isBefore(a, b) ? -1 : 1));
      const next = shown[shown.indexOf(pane.panel) + by];
      if (!next) {
        return;
      }
      pane.panel = next;
      pane.item = by > 0 ? 0 : Math.max(0, imagesOf(next, pane.goal).length - 1);
    }
    update();
  }

  function imagesOf({ run, key }, goal) {
    const { places, entries } = run.order(key, Steps.axis);
    const at = Math.max(0, Run.lastAtMost(places, goal));
    return (entries.length && run.images(entries[at])) || [];
  }

  /* Opens the dialog with pictures given as {panel, item}; what the user held stays held. */
  function open(pictures, opener) {
    returnTo = opener;
    panes = [];
    find("panes").replaceChildren();
    pictures.slice(0, MOST_PANES).forEach(({ panel, item }) => {
      add(panel, item, panel.linked === false ? panel.placeShown : null);
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
    panes.forEach((pane) => pane.close());
    panes = [];
    Compare.use(panes);
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
    v: () => Compare.next(),
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
    update,
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
