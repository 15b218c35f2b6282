/** Codes as points to fit a mixture to. */
import { RandomStream } from '../../random/index.js';
import type { CodeRows } from '../codeRows.js';
import type { VectorCodes } from '../description.js';
import type { Points } from './em.js';

/** Standard scores of all codes, each a draw of its posterior where that is what rows hold. */
export function pointsOf({ x, count }: CodeRows, codes: VectorCodes, seed: number): Points {
  const { size, mean, deviation, stored } = codes;
  const isDrawn = stored === 'posteriors';
  const width = isDrawn ? 2 * size : size;
  const noise = isDrawn ? new RandomStream(seed, 'code').normal(new Float32Array(count * size)) : undefined;
  const data = Float64Array.from({ length: count * size }, (_, i) => {
    const j = i % size;
    const at = Math.floor(i / size) * width + j;
    const own = noise ? Math.exp(x[at + size] / 2) * noise[i] : 0;
    return (x[at] + own - mean[j]) / deviation[j];
  });
  return { data, count, size };
}

/** The points of each class; all of them as one, where the prior is not conditioned on classes. */
export function pointsByClass(points: Points, labels: Int32Array | undefined, classes: number): Points[] {
  const { data, size } = points;
  return Array.from({ length: classes }, (_, y) => {
    const own = Array.from(labels ?? []).flatMap((label, i) => (label === y ? [i] : []));
    const rows = new Float64Array(own.length * size);
    own.forEach((index, i) => {
      for (let j = 0; j < size; j++) rows[i * size + j] = data[index * size + j];
    });
    return { data: rows, count: own.length, size };
  });
}
