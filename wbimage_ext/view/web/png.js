/* Decodes a mask's PNG file to its class numbers, without a canvas: browsers that resist
   fingerprinting answer a canvas read with noise, and a class number must be exact.
   In: the file's bytes. Out: a promise of {width, height, values}, one byte a pixel, the red
   channel where there are several; rejected for what masks do not use (16 bits, interlacing). */
/* global DecompressionStream */
/* exported decodePng */
"use strict";

const decodePng = (() => {
  const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
  const MOST_PIXELS = 1 << 26;

  function parse(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const png = { palette: null, data: [] };
    for (let at = 8; at + 12 <= bytes.length;) {
      const size = view.getUint32(at);
      const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
      const body = bytes.subarray(at + 8, at + 8 + size);
      if (kind === "IHDR") {
        png.width = view.getUint32(at + 8);
        png.height = view.getUint32(at + 12);
        [png.depth, png.colour, , , png.interlace] = body.subarray(8);
      } else if (kind === "PLTE") {
        png.palette = body;
      } else if (kind === "IDAT") {
        png.data.push(body);
      } else if (kind === "IEND") {
        break;
      }
      at += size + 12;
    }
    return png;
  }

  async function inflate(parts) {
    const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function paeth(left, above, corner) {
    const guess = left + above - corner;
    const toLeft = Math.abs(guess - left);
    const toAbove = Math.abs(guess - above);
    const toCorner = Math.abs(guess - corner);
    if (toLeft <= toAbove && toLeft <= toCorner) {
      return left;
    }
    return toAbove <= toCorner ? above : corner;
  }

  /* Undoes the filter of one row in place; `row` and `above` are without the filter byte. */
  function unfilter(kind, row, above, step) {
    for (let x = step; kind === 1 && x < row.length; x += 1) {
      row[x] += row[x - step];
    }
    for (let x = 0; kind === 2 && x < row.length; x += 1) {
      row[x] += above[x];
    }
    for (let x = 0; kind === 3 && x < row.length; x += 1) {
      row[x] += ((x < step ? 0 : row[x - step]) + above[x]) >> 1;
    }
    for (let x = 0; kind === 4 && x < row.length; x += 1) {
      row[x] += x < step ? above[x] : paeth(row[x - step], above[x], above[x - step]);
    }
  }

  return async (bytes) => {
    const png = parse(bytes);
    const step = CHANNELS[png.colour];
    if (png.depth !== 8 || png.interlace !== 0 || !step || png.width * png.height > MOST_PIXELS) {
      throw new Error("not a kind of PNG that masks are written as");
    }
    const data = await inflate(png.data);
    const stride = png.width * step;
    if (data.length < (stride + 1) * png.height) {
      throw new Error("the image data are cut off");
    }
    const values = new Uint8Array(png.width * png.height);
    let above = new Uint8Array(stride);
    for (let y = 0; y < png.height; y += 1) {
      const start = y * (stride + 1);
      const row = data.subarray(start + 1, start + 1 + stride);
      unfilter(data[start], row, above, step);
      for (let x = 0; x < png.width; x += 1) {
        const value = row[x * step];
        values[y * png.width + x] = png.palette && step === 1 ? png.palette[value * 3] : value;
      }
      above = row;
    }
    return { width: png.width, height: png.height, values };
  };
})();
