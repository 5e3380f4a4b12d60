/* Decodes a PNG file to its own numbers, without a canvas: browsers that resist fingerprinting
   answer a canvas read with noise, and a canvas has eight bits.
   In: the file's bytes. Out: a promise of {width, height, channels, depth, samples, palette}, where
   samples are rows of channels, one number each; rejected for interlaced files. Then the classes
   of a mask: {width, height, values}, the red channel. */
/* global DecompressionStream */
/* exported decodePng, maskClasses */
"use strict";

const decodePng = (() => {
  const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
  const MOST_PIXELS = 1 << 26;

  function parse(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const png = { palette: null, data: [], isTurned: false };
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
      } else if (kind === "eXIf") {
        png.isTurned = true; // it may be
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

  /* Puts a row's numbers where they belong: two bytes for one, or several in a byte. */
  function unpack(row, depth, samples, start, count) {
    if (depth === 8) {
      samples.set(row.subarray(0, count), start);
    } else if (depth === 16) {
      for (let at = 0; at < count; at += 1) {
        samples[start + at] = (row[2 * at] << 8) | row[2 * at + 1];
      }
    } else {
      const most = (1 << depth) - 1;
      for (let at = 0; at < count; at += 1) {
        const bit = at * depth;
        samples[start + at] = (row[bit >> 3] >> (8 - depth - (bit & 7))) & most;
      }
    }
  }

  return async (bytes) => {
    const png = parse(bytes);
    const { width, height, depth, palette, isTurned } = png;
    const channels = CHANNELS[png.colour];
    if (png.interlace !== 0 || !channels || !(width * height <= MOST_PIXELS)) {
      throw new Error("an interlaced or very large PNG file");
    }
    const data = await inflate(png.data);
    const count = width * channels;
    const stride = Math.ceil(count * depth / 8);
    if (data.length < (stride + 1) * height) {
      throw new Error("the image data are cut off");
    }
    const samples = new (depth === 16 ? Uint16Array : Uint8Array)(count * height);
    const step = Math.max(1, channels * depth >> 3);
    let above = new Uint8Array(stride);
    for (let y = 0; y < height; y += 1) {
      const start = y * (stride + 1);
      const row = data.subarray(start + 1, start + 1 + stride);
      unfilter(data[start], row, above, step);
      unpack(row, depth, samples, y * count, count);
      above = row;
    }
    return { width, height, channels, depth, samples, palette, isTurned };
  };
})();

/* The class numbers of a mask's picture: its red channel, after the palette. */
function maskClasses({ width, height, channels, depth, samples, palette }) {
  if (depth !== 8) {
    throw new Error("not a kind of PNG that masks are written as");
  }
  const values = new Uint8Array(width * height);
  for (let at = 0; at < values.length; at += 1) {
    const value = samples[at * channels];
    values[at] = palette && channels === 1 ? palette[value * 3] : value;
  }
  return { width, height, values };
}
