/**
 * Moving sprites: a white shape on black that goes one pixel to the left or to the right in every frame, and comes back
 * in on the other side. Which way it goes shows from the second frame on.
 *
 *   factor        values                     slowest first, as sequences are numbered
 *   shape         square, ellipse, heart
 *   scale         0.6, 0.8, 1
 *   direction     −1 left, 1 right
 *   posX, posY    places of the first frame, one pixel apart; all there are
 *
 * In the manner of Gregor et al. 2019 (arXiv:1806.03107), §5.2, whose digits begin in the middle; here they begin anywhere.
 */
import type { Dataset, Factor } from './dataset.js';
import { DataError } from './dataset.js';
import { type GeneratedOptions, requireLength } from './generatedOptions.js';
import { requireIndices } from './indices.js';
import { sequenceOf } from './specs.js';
import { digitsOf, insideSprite, spriteShapes } from './sprites.js';

const DEFAULT_SIDE = 14;
const SMALLEST_SIDE = 8;
const LARGEST_SIDE = 128;
const DEFAULT_FRAMES = 12;
/** Side of the frame in which a shape has the size that it has among `sprites`: it takes about half of the frame. */
const SPRITE_SIDE = 31.28;
const SCALES = [0.6, 0.8, 1];
const DIRECTIONS = [-1, 1];

/** All 18·side² sequences as [frames, side, side, 1] of uint8 0 and 1, the shapes as their classes. */
export function movingSprites({
  frames = DEFAULT_FRAMES,
  imageSize = String(DEFAULT_SIDE),
}: Pick<GeneratedOptions, 'frames' | 'imageSize'> = {}): Dataset {
  requireLength('moving-sprites', 'frames', frames, 2);
  const side = Number(imageSize);
  if (!Number.isInteger(side) || side < SMALLEST_SIDE || side > LARGEST_SIDE)
    throw new DataError(
      `moving-sprites: imageSize '${imageSize}' is not the side of a square of ${SMALLEST_SIDE} to ${LARGEST_SIDE} pixels`,
    );
  const places = Array.from({ length: side }, (_, i) => i);
  const factors: readonly Factor[] = [
    { name: 'shape', values: spriteShapes.map((_, i) => i + 1) },
    { name: 'scale', values: SCALES },
    { name: 'direction', values: DIRECTIONS },
    { name: 'posX', values: places },
    { name: 'posY', values: places },
  ];
  const size = factors.reduce((product, { values }) => product * values.length, 1);
  const factorsOf = (index: number) => digitsOf(index, factors);
  const stencils = spriteShapes.map((_, shape) => SCALES.map((scale) => stencilOf(shape, scale, side)));
  const pixels = side * side;
  const draw = (index: number, x: Uint8Array) => {
    const [shape, scale, direction, posX, posY] = factorsOf(index);
    const stencil = stencils[shape][scale];
    for (let t = 0; t < frames; t++) {
      const left = posX + DIRECTIONS[direction] * t;
      for (const at of stencil) {
        const column = modulo((at % side) + left, side);
        const row = modulo(Math.floor(at / side) + posY, side);
        x[t * pixels + row * side + column] = 1;
      }
    }
  };
  return {
    name: 'moving-sprites',
    spec: sequenceOf(frames, { kind: 'image', shape: [side, side, 1], dtype: 'uint8', range: [0, 1] }),
    size,
    classes: spriteShapes,
    factors,
    notices: [],
    fingerprint: `moving-sprites-1-${frames}-${side}`,
    async read(indices) {
      requireIndices(indices, 'moving-sprites', size);
      const width = frames * pixels;
      const x = new Uint8Array(indices.length * width);
      for (let i = 0; i < indices.length; i++) draw(indices[i], x.subarray(i * width, (i + 1) * width));
      return { x, labels: Int32Array.from(indices, (index) => factorsOf(index)[0]) };
    },
    factorsOf,
    idOf: String,
    close: async () => {},
  };
}

/** Numbers of the pixels that a shape covers, about the pixel 0. */
function stencilOf(shape: number, scale: number, side: number): number[] {
  const unit = (scale * side) / SPRITE_SIDE;
  const middle = (side - 1) / 2;
  const covered: number[] = [];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++)
      if (insideSprite(shape, (column - middle) / unit, (row - middle) / unit))
        covered.push(row * side + column);
  }
  return covered;
}

const modulo = (value: number, by: number) => ((value % by) + by) % by;
