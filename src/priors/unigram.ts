/**
 * How often each index occurs, and nothing of its neighbours: the baseline of priors over indices, counted in a moment.
 *
 *   p(k) = Π_i (n_{k_i} + ½) / (N + K/2)
 *
 * The ½ keeps what did not occur possible. Source: Krichevsky & Trofimov 1981.
 */
import { z } from 'zod';
import { filled } from '../nn/index.js';
import { Categorical } from '../probability/index.js';
import { concat, iota, sizeOf, type TensorData } from '../tensor/index.js';
import { splitMaps } from './description.js';
import { columnStream, gridOf } from './grids/gridModel.js';
import { gridPrior } from './prior.js';

const UNSEEN = 0.5;
const logitsName = (map: string) => `${map}.logits`;

export const unigram = gridPrior({
  name: 'unigram',
  title: 'Unigram',
  paper: 'counts with the ½ of Krichevsky & Trofimov, IEEE Trans. Inf. Theory 1981',
  objective: String.raw`p(k) = \prod_i (n_{k_i} + \tfrac{1}{2}) / (N + K/2)`,
  summary:
    'How often each index occurs, wherever it stands: what other priors over indices are to be better than.',
  value: 'density',
  isTrained: false,
  options: z.object({
    places: z.boolean().default(false).describe('frequencies for each place of a map by itself'),
  }),
  build({ maps }, { places }, scope) {
    const all = maps.map(({ name, shape, size }) => {
      const count = sizeOf(shape);
      const shared = [places ? count : 1, size];
      const own = scope.variable(logitsName(name), shared, filled(0), { trainable: false });
      const [rows, columns] = gridOf(shape);
      return { name, shape, size, count, rows, columns, logits: own.broadcastTo([count, size]) };
    });
    return {
      objective: ({ x }) => {
        const indices = splitMaps(x, maps);
        return Object.fromEntries(
          all.map(({ name, count, size, logits }, m) => {
            const ofBatch = logits.broadcastTo([x.shape[0], count, size]);
            return [name, new Categorical(ofBatch, 1).nll(indices[m].reshape([x.shape[0], count]))];
          }),
        );
      },
      drawing: (batch) => ({
        state: Object.fromEntries(
          all.map(({ name, rows, columns }) => [name, { shape: [batch, rows, columns], dtype: 'int32' }]),
        ),
        parts: all.map(({ name, rows, columns, size, logits }) => ({
          steps: rows,
          choices: { count: columns, size },
          step(state, row, choose) {
            const ofRow = logits.reshape([rows, columns, size]).gather(row.reshape([1]));
            const chosen = Array.from({ length: columns }, (_, column) =>
              choose(
                ofRow.sliceAlong(1, column, column + 1).broadcastTo([batch, 1, size]),
                columnStream(name, column),
              ),
            );
            const now = concat(chosen, 1).expandDims(1);
            return { [name]: iota([1, rows, 1], 1).equal(row).where(now, state[name]) };
          },
        })),
        codes: (state) => concat(all.map(({ name }) => state[name].reshape([batch, -1]))),
      }),
    };
  },
  fit: ({ description, training }, { places }) => {
    let start = 0;
    return new Map(
      description.maps.map(({ name, shape, size }): [string, TensorData] => {
        const count = sizeOf(shape);
        const counts = new Float64Array((places ? count : 1) * size).fill(UNSEEN);
        for (let i = 0; i < training.count; i++)
          for (let p = 0; p < count; p++)
            counts[(places ? p * size : 0) + training.x[i * description.size + start + p]]++;
        start += count;
        return [logitsName(name), Float32Array.from(counts, Math.log)];
      }),
    );
  },
});
