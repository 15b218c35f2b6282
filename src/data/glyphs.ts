/**
 * Drawn digits: the data set that is there before any data is. Every sample is written anew, from one of several ways
 * of writing its digit, by a pen whose path, slant, size and width vary as hands do; its number decides all of it.
 *
 * Only additions, multiplications, divisions and square roots are used, which IEEE 754 rounds alike everywhere, so a
 * picture is the same to the last bit on every machine.
 */
import { RandomStream } from '../random/index.js';
import type { Dataset } from './dataset.js';
import { requireSize } from './generatedOptions.js';
import { handwriting, type Way } from './handwriting.js';
import { requireIndices } from './indices.js';
import { spline } from './spline.js';
import { Coverage } from './strokes.js';

const SIDE = 28;
/** Words of the random stream that a sample reads: its hand's, then two for each control point. */
const HAND_WORDS = 16;
const WORDS = 64;
/** Points that a curve has between one control point and the next. */
const STEPS = 5;

export interface GlyphsOptions {
  /** Number of samples; sample i shows the digit i mod 10. @default 20000 */
  size?: number;
}

/**
 * Digits 0 to 9 as pictures [28, 28, 1] of uint8: ink 255 on paper 0, with a border of at least one empty pixel.
 *
 * @throws DataError if the size is not a whole number of at least 1
 */
export function glyphs({ size = 20_000 }: GlyphsOptions = {}): Dataset {
  requireSize('glyphs', size);
  const writer = new Writer();
  return {
    name: 'glyphs',
    spec: { kind: 'image', shape: [SIDE, SIDE, 1], dtype: 'uint8', range: [0, 255] },
    size,
    classes: handwriting.map((_, digit) => String(digit)),
    notices: [],
    fingerprint: `glyphs-1-${size}`,
    async read(indices) {
      requireIndices(indices, 'glyphs', size);
      const count = indices.length;
      const x = new Uint8Array(count * SIDE * SIDE);
      const labels = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        const index = indices[i];
        labels[i] = index % handwriting.length;
        writer.write(index, x.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
      }
      return { x, labels };
    },
    idOf: (index) => `glyph ${index}`,
    close: async () => {},
  };
}

/** Writes samples into pictures; it keeps its paper and its random words from one to the next. */
class Writer {
  readonly #stream = new RandomStream(0, 'glyphs');
  readonly #words = new Uint32Array(WORDS);
  readonly #paper = new Coverage(SIDE, SIDE);

  write(index: number, picture: Uint8Array): void {
    this.#stream.words(this.#words, index);
    const ways = handwriting[index % handwriting.length];
    const way = ways[Math.floor(this.#uniform(0) * ways.length)];
    const lines = this.#path(way);
    const radius = 1.2 + 0.5 * this.#bell(1);
    this.#place(lines, radius);
    this.#paper.clear();
    for (const line of lines) this.#paper.stroke(line, radius);
    const { data } = this.#paper;
    for (let i = 0; i < data.length; i++) picture[i] = data[i] * 255 + 0.5;
  }

  /** In [0, 1). */
  #uniform(word: number): number {
    return this.#words[word] * 2 ** -32;
  }

  /** In [−1, 1], around 0: the sum of two uniform numbers, standard deviation 0.41. */
  #bell(word: number): number {
    const bits = this.#words[word];
    return ((bits >>> 16) + (bits & 0xffff)) / 0xffff - 1;
  }

  /** The pen's path, of a height near 1: a way of writing, bent as this hand bends it. */
  #path(way: Way): Float64Array[] {
    const jitter = 0.045 + 0.04 * this.#uniform(2);
    const stretch = 1.08 + 0.34 * this.#bell(3);
    const lean = 0.12 + 0.45 * this.#bell(4);
    // A half-angle's tangent gives sine and cosine without calling either.
    const t = 0.1 * this.#bell(5);
    const [cos, sin] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
    const bow = 0.3 * this.#bell(6);
    const sag = 0.2 * this.#bell(7);
    const taper = 0.35 * this.#bell(8);
    const balance = 0.22 * this.#bell(9);
    let word = HAND_WORDS;
    return way.map((controls) => {
      const points = new Float64Array(controls.length);
      for (let i = 0; i < controls.length; i += 2) {
        if (isCorner(controls, i)) {
          points.copyWithin(i, i - 2, i);
          continue;
        }
        const u = controls[i] + jitter * this.#bell(word++) - 0.35;
        const v = controls[i + 1] + jitter * this.#bell(word++) - 0.5;
        // A bowed stem, a smaller top or bottom, a lower or higher waist, sagging bars, a lean.
        const x = stretch * u * (1 + taper * v) - lean * v + bow * (v * v - 0.08);
        const y = v + balance * (v * v - 0.25) + sag * (u * u - 0.06);
        points[i] = x * cos - y * sin;
        points[i + 1] = x * sin + y * cos;
      }
      return spline(points, STEPS);
    });
  }

  /** Scales and shifts a path to pixels, so that ink keeps off the border. */
  #place(lines: readonly Float64Array[], radius: number): void {
    const [left, top, right, bottom] = bounds(lines);
    const room = SIDE - 2 * (radius + 1);
    const height = 15 + 5 * this.#uniform(10);
    const scale = Math.min(height / (bottom - top), Math.min(room, 19) / Math.max(right - left, 0.05));
    const shift = (word: number, extent: number) => {
      const spare = (room - extent * scale) / 2;
      return Math.max(-spare, Math.min(spare, 2.2 * this.#bell(word)));
    };
    const x0 = SIDE / 2 + shift(11, right - left) - (scale * (left + right)) / 2;
    const y0 = SIDE / 2 + shift(12, bottom - top) - (scale * (top + bottom)) / 2;
    for (const line of lines) {
      for (let i = 0; i < line.length; i += 2) {
        line[i] = x0 + scale * line[i];
        line[i + 1] = y0 + scale * line[i + 1];
      }
    }
  }
}

/** Whether a control point repeats the one before it. */
function isCorner(controls: readonly number[], at: number): boolean {
  return at > 0 && controls[at] === controls[at - 2] && controls[at + 1] === controls[at - 1];
}

function bounds(lines: readonly Float64Array[]): [left: number, top: number, right: number, bottom: number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      box[0] = Math.min(box[0], line[i]);
      box[1] = Math.min(box[1], line[i + 1]);
      box[2] = Math.max(box[2], line[i]);
      box[3] = Math.max(box[3], line[i + 1]);
    }
  }
  return box;
}
