/* Where a point of a picture lies once the browser has turned it by its Exif tag (1 to 8).
   In: an orientation and a point of the stored picture, or of the shown one, in fractions.
   Out: the same point of the other one. Boxes, masks and values belong to the stored pixels. */
/* exported Turn */
"use strict";

const Turn = (() => {
  /* CSS matrix(a, b, c, d, 0, 0) about the middle: x' = a x + c y, y' = b x + d y. */
  const MATRICES = {
    1: [1, 0, 0, 1], 2: [-1, 0, 0, 1], 3: [-1, 0, 0, -1], 4: [1, 0, 0, -1],
    5: [0, 1, 1, 0], 6: [0, 1, -1, 0], 7: [0, -1, -1, 0], 8: [0, -1, 1, 0],
  };

  const swaps = (orientation) => orientation >= 5;

  function toShown(orientation, x, y) {
    const [a, b, c, d] = MATRICES[orientation];
    return [a * x + c * y + (1 - a - c) / 2, b * x + d * y + (1 - b - d) / 2];
  }

  /* The matrices are orthogonal, so the transposed one leads back. */
  function toStored(orientation, x, y) {
    const [a, b, c, d] = MATRICES[orientation];
    return [a * x + b * y + (1 - a - b) / 2, c * x + d * y + (1 - c - d) / 2];
  }

  const css = (orientation) => (
    orientation === 1 ? "" : `matrix(${MATRICES[orientation].join(",")},0,0)`
  );

  return { swaps, toShown, toStored, css };
})();
