/**
 * Directions among codes that stand for a change, and codes moved along them:
 *
 *   attribute   v = mean(z | with) − mean(z | without)
 *   analogy     v = z_b − z_a, so that z_c + v is to c what b is to a
 *   edit        z + s v
 *
 * What goes along with an attribute in the data goes into its direction, too. Where samples are sorted into cells by what
 * else is known of them, the difference is taken within each cell and averaged over cells, all alike; cells that lack
 * either kind say nothing of the difference.
 */
import { OptionError } from '../systems/index.js';

export interface AttributeOptions {
  /** Numbers in a code. */
  readonly size: number;
  /** Of each sample: 1 with the attribute, 0 without it, anything else for neither. */
  readonly has: ArrayLike<number>;
  /** Cell of each sample by its other attributes. @default one for all */
  readonly cells?: ArrayLike<number | string>;
}

export interface AttributeDirection {
  /** v, [size] */
  readonly direction: Float32Array;
  /** Samples of either kind in the cells that counted. */
  readonly with: number;
  readonly without: number;
  /** Cells with samples of both kinds. */
  readonly cells: number;
}

/**
 * v of an attribute.
 *
 * @param codes [count, size], means of posteriors where there are posteriors
 * @throws OptionError if no cell has samples of both kinds
 */
export function attributeDirection(
  codes: Float32Array,
  { size, has, cells }: AttributeOptions,
): AttributeDirection {
  const sums = new Map<number | string, { counts: [number, number]; totals: [Float64Array, Float64Array] }>();
  for (let i = 0; i < has.length; i++) {
    const kind = has[i];
    if (kind !== 0 && kind !== 1) continue;
    const cell = cells?.[i] ?? 0;
    const sum = sums.get(cell) ?? {
      counts: [0, 0],
      totals: [new Float64Array(size), new Float64Array(size)],
    };
    sums.set(cell, sum);
    sum.counts[kind]++;
    for (let j = 0; j < size; j++) sum.totals[kind][j] += codes[i * size + j];
  }
  const both = [...sums.values()].filter(({ counts }) => counts[0] > 0 && counts[1] > 0);
  if (both.length === 0)
    throw new OptionError(
      cells ? 'balance' : 'label',
      `there are no samples with and without the attribute${cells ? ' that are alike in all of these; balance fewer' : ''}`,
    );
  const direction = Float32Array.from({ length: size }, (_, j) => {
    const differences = both.map(({ counts, totals }) => totals[1][j] / counts[1] - totals[0][j] / counts[0]);
    return differences.reduce((sum, each) => sum + each, 0) / both.length;
  });
  const total = (kind: 0 | 1) => both.reduce((sum, { counts }) => sum + counts[kind], 0);
  return { direction, with: total(1), without: total(0), cells: both.length };
}

/**
 * z + s v for every code and every strength, [count, strengths, size].
 *
 * @param codes [count, size]
 */
export function movedCodes(
  codes: Float32Array,
  direction: Float32Array,
  strengths: readonly number[],
): Float32Array {
  const size = direction.length;
  const moved = new Float32Array(codes.length * strengths.length);
  for (let i = 0; i < moved.length; i++) {
    const row = Math.floor(i / size);
    const strength = strengths[row % strengths.length];
    const j = i % size;
    moved[i] = codes[Math.floor(row / strengths.length) * size + j] + strength * direction[j];
  }
  return moved;
}
