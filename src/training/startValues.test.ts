import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, runOf, toy } from '../conformance/models.js';
import { RandomStream } from '../random/index.js';
import { vqVae } from '../systems/index.js';
import { type Checkpoint, Training } from './index.js';

const [reference] = engines;
const data = toy(numericTable(3), new RandomStream(1, 'rows').normal(new Float32Array(60 * 3)));
const options = { hidden: [6], codes: 5, codeDimension: 2, groups: 2 };
const training = {
  batchSize: 10,
  steps: 3,
  checkpointEvery: 1,
  evaluateEvery: 3,
  patience: 0,
  learningRate: 1e-9,
};

/** Codebook and its sums at every checkpoint of a run. */
async function codebooks(given: Record<string, unknown>, resume?: Checkpoint) {
  const run = new Training(
    runOf(vqVae, data, reference.create(), {
      options: { ...options, ...given },
      training,
      ...(resume ? { resume } : {}),
    }),
  );
  const checkpoints: Checkpoint[] = [];
  for await (const event of run) if (event.kind === 'checkpoint') checkpoints.push(event);
  const book = (checkpoint: Checkpoint) => Array.from(checkpoint.variables.get('quantiser.codebook') ?? []);
  return { checkpoints, books: checkpoints.map(book) };
}

test('a codebook starts among what the untrained encoder gives, and without that from its own draws', async () => {
  const kmeans = await codebooks({ decay: 0.999 });
  const normal = await codebooks({ decay: 0.999, start: 'normal' });
  const size = (book: readonly number[]) => Math.sqrt(book.reduce((sum, value) => sum + value ** 2, 0));
  const distance = (a: readonly number[], b: readonly number[]) => size(a.map((value, i) => value - b[i]));
  // At such a decay a step hardly moves an entry: what differs is where the two began.
  expect(distance(kmeans.books[0], kmeans.books[1])).toBeLessThan(0.05 * size(kmeans.books[0]));
  expect(distance(kmeans.books[0], normal.books[0])).toBeGreaterThan(0.3 * size(kmeans.books[0]));
});

test('a run that goes on from a checkpoint starts no codebook again', async () => {
  const { checkpoints, books } = await codebooks({});
  const resumed = await codebooks({}, structuredClone(checkpoints[0]));
  // The reference engine computes in float64 and saves float32.
  resumed.books.at(-1)?.forEach((value, i) => {
    expect(value).toBeCloseTo(books.at(-1)?.[i] ?? Number.NaN, 5);
  });
});
