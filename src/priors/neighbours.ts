/**
 * Draws near the codes of training samples:
 *
 *   between   z_i + t (z_j − z_i),  z_j one of the k nearest to z_i,  t ~ U[0, 1)
 *   kernel    z_i + h ε,            h the median distance to the kth nearest over √d
 *
 * It knows nothing but what it was shown: whoever looks at its samples should look at the nearest training samples too.
 */
import { z } from 'zod';
import { filled } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { OptionError, positiveInteger } from '../systems/index.js';
import { randomNormal, randomUniform } from '../tensor/index.js';
import type { Points } from './mixture/em.js';
import { pointsOf } from './mixture/points.js';
import { vectorPrior } from './prior.js';

export const neighbours = vectorPrior({
  name: 'neighbours',
  title: 'Neighbours',
  paper: 'interpolation between neighbours as in SMOTE, Chawla et al., JAIR 16, 2002',
  objective: 'z = z_i + t (z_j - z_i)',
  summary:
    'Points between codes of training samples that are neighbours: a baseline that remembers and does not generalise.',
  value: 'none',
  isTrained: false,
  options: z.object({
    k: positiveInteger().default(5).describe('nearest codes that count as neighbours'),
    draw: z
      .enum(['between', 'kernel'])
      .default('between')
      .describe('between a code and a neighbour, or normal around a code'),
    kept: positiveInteger().default(5000).describe('most codes to keep'),
  }),
  require({ k, kept }, { data }) {
    if (k >= Math.min(kept, data.size))
      throw new OptionError(
        'k',
        `${k} neighbours are not fewer than the ${Math.min(kept, data.size)} codes; take fewer`,
      );
  },
  build({ size, data }, { k, draw, kept }, scope) {
    const count = Math.min(kept, data.size);
    const constant = { trainable: false };
    const codes = scope.variable('codes', [count, size], filled(0), constant);
    // Whole numbers below 2²⁴, which float32 holds.
    const nearest = scope.variable('nearest', [count * k], filled(0), constant);
    const width = scope.variable('width', [], filled(0), constant);
    const pick = (stream: string, rows: number, below: number) =>
      randomUniform(stream, [rows])
        .mul(below)
        .floor()
        .min(below - 1);
    return {
      objective: () => {
        throw new Error('neighbours: there is nothing to minimise');
      },
      distribution: (rows) => ({
        mean: codes.mean(0).broadcastTo([rows, size]),
        sample({ stream = 'prior' } = {}) {
          const i = pick(`${stream} code`, rows, count);
          const from = codes.gather(i.cast('int32'));
          if (draw === 'kernel') return from.add(width.mul(randomNormal(stream, [rows, size])));
          const place = i
            .mul(k)
            .add(pick(`${stream} neighbour`, rows, k))
            .cast('int32');
          const to = codes.gather(nearest.gather(place).cast('int32'));
          return from.add(to.sub(from).mul(randomUniform(`${stream} way`, [rows, 1])));
        },
      }),
    };
  },
  fit({ training, description, seed }, { k, kept }) {
    const points = some(pointsOf(training, description, seed), kept, seed);
    const { nearest, distances } = nearestOf(points, k);
    const median = Array.from(distances).sort((a, b) => a - b)[Math.floor(distances.length / 2)];
    return new Map([
      ['codes', Float32Array.from(points.data)],
      ['nearest', nearest],
      ['width', Float32Array.of(median / Math.sqrt(points.size))],
    ]);
  },
});

/** At most `kept` of the points, drawn without order. */
function some({ data, count, size }: Points, kept: number, seed: number): Points {
  if (count <= kept) return { data, count, size };
  const keys = new RandomStream(seed, 'kept codes').uniform(new Float32Array(count));
  const order = Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b] || a - b);
  const rows = new Float64Array(kept * size);
  for (let i = 0; i < kept; i++)
    for (let j = 0; j < size; j++) rows[i * size + j] = data[order[i] * size + j];
  return { data: rows, count: kept, size };
}

/** The k nearest others of every point, [count, k], and the distance to the kth. */
export function nearestOf({ data, count, size }: Points, k: number) {
  const nearest = new Float32Array(count * k);
  const distances = new Float64Array(count);
  const squares = new Float64Array(k);
  const own = new Int32Array(k);
  for (let n = 0; n < count; n++) {
    squares.fill(Infinity);
    for (let m = 0; m < count; m++) {
      if (m === n) continue;
      let square = 0;
      for (let j = 0; j < size && square < squares[k - 1]; j++)
        square += (data[n * size + j] - data[m * size + j]) ** 2;
      if (square >= squares[k - 1]) continue;
      let place = k - 1;
      for (; place > 0 && squares[place - 1] > square; place--) {
        squares[place] = squares[place - 1];
        own[place] = own[place - 1];
      }
      squares[place] = square;
      own[place] = m;
    }
    nearest.set(own, n * k);
    distances[n] = Math.sqrt(squares[k - 1]);
  }
  return { nearest, distances };
}
