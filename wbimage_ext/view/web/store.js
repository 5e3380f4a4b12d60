/* Reads the run that is embedded in the page: its index at once, cells and masks when needed.
   In: the JSON blocks the page carries. Out: plain objects. Parsed blocks are kept, the least
   recently used are dropped, so that a long run does not fill the memory. */
/* global decodePng */
/* exported Store */
"use strict";

const Store = (() => {
  const CELL_BLOCKS_KEPT = 12;
  const MASK_BLOCKS_KEPT = 8;
  const MASKS_KEPT = 48;

  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const index = read("index");

  /* Returns make(key), remembered for the `most` keys used last. */
  function remembered(most, make) {
    const kept = new Map();
    return (key) => {
      let value = kept.get(key);
      if (value === undefined) {
        value = make(key);
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

  /* Returns the place of the last number in `sorted` that is at most `limit`, or -1. */
  function lastAtMost(sorted, limit) {
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

  const cellBlock = remembered(CELL_BLOCKS_KEPT, (number) => read(`cells-${number}`));
  const maskBlock = remembered(MASK_BLOCKS_KEPT, (number) => read(`masks-${number}`));

  /* The images a panel got at the step with this place among all steps. */
  function cell(panel, at) {
    return cellBlock(lastAtMost(index.cellBlocks, at))[at][panel];
  }

  /* The place among all steps of the panel's latest step at or before `at`, or -1. */
  function latest(panel, at) {
    const steps = index.panels[panel].steps;
    const found = lastAtMost(steps, at);
    return found < 0 ? -1 : steps[found];
  }

  /* The mask blocks stand behind the scripts, so that pictures are shown before they are read. */
  const wholePage = new Promise((done) => {
    document.addEventListener("DOMContentLoaded", done);
  });

  /* A promise of {width, height, values}: the classes of a mask; null where they are not known. */
  const maskValues = remembered(MASKS_KEPT, async (number) => {
    await wholePage;
    const place = index.maskPlaces[number];
    const text = place ? maskBlock(place[0])[place[1]] : "";
    if (!text) {
      return null;
    }
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return decodePng(bytes).catch(() => null);
  });

  const url = (path) => index.base + path;

  return { index, cell, latest, lastAtMost, maskValues, url };
})();
