/* Where the page's data come from: the JSON blocks it carries, or the server that gave it.
   In: names of blocks. Out: their values; what has to be fetched is undefined at first, and the
   listeners are told when it is there. Values are kept, the least recently used are dropped, so
   that long runs do not fill the memory. The blocks are described in catalog.py. */
/* exported Source, remembered */
"use strict";

/* Returns make(key), remembered for the `most` keys used last. */
function remembered(most, make) {
  const kept = new Map();
  return (key, ...more) => {
    let value = kept.get(key);
    if (value === undefined) {
      value = make(key, ...more);
      if (kept.size >= most) {
        kept.delete(kept.keys().next().value);
      }
    } else {
      kept.delete(key);
    }
    kept.set(key, value);
    return value;
  };
}

const Source = (() => {
  const BLOCKS_KEPT = 48;

  const read = (id) => {
    const element = document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  };
  const page = read("page");
  const listeners = [];
  const kept = new Map();
  const waiting = new Set();
  let frame = 0;

  /* Tells the listeners once a frame, however many blocks arrived. */
  function arrived() {
    if (!frame) {
      frame = requestAnimationFrame(() => {
        frame = 0;
        listeners.forEach((listener) => listener());
      });
    }
  }

  async function ask(path) {
    const response = await fetch(path, { credentials: "omit" });
    if (!response.ok) {
      throw new Error(`${response.status} ${response.statusText}`);
    }
    return response.json();
  }

  function keep(name, value) {
    kept.delete(name);
    kept.set(name, value);
    if (kept.size > BLOCKS_KEPT) {
      kept.delete(kept.keys().next().value);
    }
  }

  /* The block of this name, which a server gives at this path; undefined while it is fetched. */
  function block(name, path, version = "") {
    const known = `${path} ${version}`;
    const value = kept.get(known);
    if (value !== undefined) {
      keep(known, value);
      return value;
    }
    if (!page.served) {
      keep(known, read(name));
      return kept.get(known);
    }
    if (!waiting.has(known)) {
      waiting.add(known);
      ask(path).then((found) => {
        keep(known, found);
        arrived();
      }).catch(() => {
        // The run was written anew or has vanished, or the server has: the next change tells.
      }).then(() => waiting.delete(known));
    }
    return undefined;
  }

  return {
    page,
    served: page.served,
    read,
    ask,
    block,
    onArrival: (listener) => listeners.push(listener),
  };
})();
