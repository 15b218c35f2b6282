/**
 * Sprites: white shapes on black whose factors are all known, drawn when they are asked for.
 *
 *   factor        values                              slowest first, as images are numbered
 *   color         1
 *   shape         square, ellipse, heart
 *   scale         0.5, 0.6 … 1
 *   orientation   40 angles from 0 to 2π, both ends included, so that the last looks like the first
 *   posX, posY    32 places from 0 to 1, one pixel apart; x to the right, y downwards
 *
 * Factors, their values and the numbering are those of dSprites (Matthey, Higgins, Hassabis & Lerchner 2017,
 * github.com/google-deepmind/dsprites-dataset), whose pictures were drawn with another program. Pixels are 0 and 1, as
 * they are stored there. All shapes turn about their centre of mass and have equal area at equal scale, so that no
 * factor shows in another's place.
 */
import type { Dataset, Factor } from './dataset.js';
import { requireIndices } from './indices.js';

const SIDE = 64;
const PIXELS = SIDE * SIDE;

export const spriteShapes = ['square', 'ellipse', 'heart'] as const;

const linearly = (count: number, from: number, to: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const factors: readonly Factor[] = [
  { name: 'color', values: [1] },
  { name: 'shape', values: [1, 2, 3] },
  { name: 'scale', values: linearly(6, 0.5, 1) },
  { name: 'orientation', values: linearly(40, 0, 2 * Math.PI) },
  { name: 'posX', values: linearly(32, 0, 1) },
  { name: 'posY', values: linearly(32, 0, 1) },
];
const size = factors.reduce((product, { values }) => product * values.length, 1);

/** Largest distance, in pixels, of a shape's pixel from the pixel its stencil is centred on. */
const REACH = 16;
const STENCIL = 2 * REACH + 1;
/**
 * The centre of a shape lies this far from a pixel's, right and down. On the pixel's centre, small squares at different
 * angles would cover the same pixels; here every picture differs from every other (but for the last orientation).
 */
const [OFF_RIGHT, OFF_DOWN] = [0.2, 0.3];

/**
 * Half the side of a square of scale 1, in pixels. 0.0435 of all pixels are white then, as many as of dSprites' to a
 * fortieth (0.0425): losses are of one size with those that are published.
 */
const HALF_SIDE = 8.68;
const AREA = (2 * HALF_SIDE) ** 2;
const ELLIPSE_LONG = 12.12;
const ELLIPSE_SHORT = AREA / (Math.PI * ELLIPSE_LONG);
/** Area and height of the centre of mass of the heart (x² + y² − 1)³ ≤ x²y³. */
const HEART_AREA = 3.66196;
const HEART_CENTRE = 0.293485;
const HEART_UNIT = Math.sqrt(AREA / HEART_AREA);

/** Whether a point is within the shape at scale 1 and orientation 0; x to the right, y downwards, in pixels. */
const inside: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => Math.abs(x) <= HALF_SIDE && Math.abs(y) <= HALF_SIDE,
  (x, y) => (x / ELLIPSE_LONG) ** 2 + (y / ELLIPSE_SHORT) ** 2 <= 1,
  (x, y) => {
    const u = x / HEART_UNIT;
    const v = HEART_CENTRE - y / HEART_UNIT;
    return (u * u + v * v - 1) ** 3 <= u * u * v ** 3;
  },
];

/**
 * All 737,280 sprites as pictures [64, 64, 1] of uint8 0 and 1, the shapes as their classes. A picture takes a few
 * microseconds; what is kept of it is a stencil of its shape, scale and orientation.
 */
export function sprites(): Dataset {
  const stencils = new Map<number, Uint8Array>();
  const stencilOf = (shape: number, scale: number, orientation: number) => {
    const key = (shape * factors[2].values.length + scale) * factors[3].values.length + orientation;
    const known = stencils.get(key);
    if (known) return known;
    const drawn = drawStencil(inside[shape], factors[2].values[scale], factors[3].values[orientation]);
    stencils.set(key, drawn);
    return drawn;
  };
  return {
    name: 'sprites',
    spec: { kind: 'image', shape: [SIDE, SIDE, 1], dtype: 'uint8', range: [0, 1] },
    size,
    classes: spriteShapes,
    factors,
    notices: [],
    fingerprint: 'sprites-2',
    async read(indices) {
      requireIndices(indices, 'sprites', size);
      const x = new Uint8Array(indices.length * PIXELS);
      const labels = new Int32Array(indices.length);
      for (let i = 0; i < indices.length; i++) {
        const [, shape, scale, orientation, posX, posY] = factorsOf(indices[i]);
        labels[i] = shape;
        const stencil = stencilOf(shape, scale, orientation);
        // Places 0 to 31 are the pixels 16 to 47, so the stencil's first column falls on the pixel of the place's number.
        const start = i * PIXELS + posY * SIDE + posX;
        for (let row = 0; row < STENCIL; row++) {
          x.set(stencil.subarray(row * STENCIL, (row + 1) * STENCIL), start + row * SIDE);
        }
      }
      return { x, labels };
    },
    factorsOf,
    idOf: String,
    close: async () => {},
  };
}

/** Whether a point is within a shape of scale 1; x to the right, y downwards, in pixels of a frame of 64. */
export function insideSprite(shape: number, x: number, y: number): boolean {
  return inside[shape](x, y);
}

function factorsOf(index: number): number[] {
  return digitsOf(index, factors);
}

/** Digits of the index in the mixed radix of the factors' sizes, the last one fastest. */
export function digitsOf(index: number, factors: readonly Factor[]): number[] {
  const digits = new Array<number>(factors.length);
  let rest = index;
  for (let i = factors.length - 1; i >= 0; i--) {
    const radix = factors[i].values.length;
    digits[i] = rest % radix;
    rest = Math.floor(rest / radix);
  }
  return digits;
}

function drawStencil(isInside: (x: number, y: number) => boolean, scale: number, angle: number): Uint8Array {
  const cosine = Math.cos(angle) / scale;
  const sine = Math.sin(angle) / scale;
  return Uint8Array.from({ length: STENCIL * STENCIL }, (_, i) => {
    const right = (i % STENCIL) - REACH - OFF_RIGHT;
    const down = Math.floor(i / STENCIL) - REACH - OFF_DOWN;
    return isInside(cosine * right + sine * down, cosine * down - sine * right) ? 1 : 0;
  });
}
