/* The small card beside the pointer that names the classes and boxes there, and the values where
   the page can read them. In: pointer events over a shot. Out: a card of text; nothing but the
   pointer's place is kept. */
/* global Overlays, Values, make */
/* exported Readout */
"use strict";

const Readout = (() => {
  const card = document.getElementById("readout");
  let current = null;
  let turn = 0;

  function row({ id, text, layer }) {
    const swatch = make("i", `swatch of-${layer.kind} pattern-${layer.pattern}`);
    swatch.style.color = Overlays.cssColour(id);
    return make("p", "", swatch, make("b", "", text), make("span", "", layer.name));
  }

  async function follow(shot, event) {
    current = shot;
    turn += 1;
    const mine = turn;
    if (!shot.image) {
      return;
    }
    const area = shot.base.getBoundingClientRect();
    const x = (event.clientX - area.left) / area.width;
    const y = (event.clientY - area.top) / area.height;
    if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) {
      card.hidden = true;
      return;
    }
    const [column, line] = shot.pixel(x, y);
    const rows = (await shot.under(x, y)).map(row);
    const value = await Values.at(shot, column, line);
    if (current !== shot || mine !== turn) {
      return; // the pointer went on while a picture was being decoded
    }
    card.replaceChildren(
      ...rows.slice(0, 8), ...(value ? [make("p", "value", value)] : []),
      make("p", "where", `x ${column}  y ${line}`)
    );
    card.hidden = rows.length === 0 && !value && !shot.element.closest("dialog");
    const flipX = event.clientX + 20 + card.offsetWidth > window.innerWidth;
    const flipY = event.clientY + 20 + card.offsetHeight > window.innerHeight;
    const left = event.clientX + (flipX ? -14 - card.offsetWidth : 14);
    const top = event.clientY + (flipY ? -14 - card.offsetHeight : 14);
    card.style.left = `${Math.max(4, left)}px`; // a narrow window has no room on either side
    card.style.top = `${Math.max(4, top)}px`;
  }

  function hide(shot) {
    if (current === shot) {
      current = null;
      card.hidden = true;
    }
  }

  return { follow, hide, card };
})();
