import { describe, expect, test } from 'vitest';
import { engines } from '../../conformance/engines.js';
import { evaluate, initialValues } from '../../engine/index.js';
import { VariableTable } from '../../nn/index.js';
import { RandomStream } from '../../random/index.js';
import { type CodeMap, toWeighted } from '../../systems/index.js';
import { constant } from '../../tensor/index.js';
import { describeGrids } from '../description.js';
import { pixelcnn } from '../pixelcnn.js';
import { pixelsnail } from '../pixelsnail.js';
import type { GridPrior } from '../prior.js';
import { unigram } from '../unigram.js';
import { decodeIndices, encodeIndices, type IndexModel } from './indexCoder.js';

const COUNT = 21;
const single: readonly CodeMap[] = [{ name: 'codes', shape: [3, 4], size: 5 }];
const levels: readonly CodeMap[] = [
  { name: 'top', shape: [1, 2], size: 3 },
  { name: 'bottom', shape: [2, 4], size: 7 },
];
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  pixelcnn: { channels: 4, kernel: 3, firstKernel: 3, layers: 2, headChannels: 5, conditionBlocks: 1 },
  pixelsnail: { channels: 4, kernel: 3, headChannels: 5, conditionBlocks: 1, heads: 2 },
  unigram: {},
};

/** A small prior with weights far from zero, codes for it, and how many nats it gives each. */
function given(prior: GridPrior, maps: readonly CodeMap[]) {
  const scope = new VariableTable().scope({ training: false });
  const codes = describeGrids({ maps, classes: 0, size: 100 });
  const { objective, drawing } = prior.build(codes, prior.options.parse(OPTIONS[prior.name]), scope);
  const uniform = new RandomStream(1, 'codes').uniform(new Float32Array(COUNT * codes.size));
  const sizes = maps.flatMap(({ shape, size }) => new Array(shape[0] * shape[1]).fill(size));
  const rows = Int32Array.from(uniform, (u, i) => Math.floor(u * sizes[i % codes.size]));
  const terms = Object.values(objective({ x: constant(rows, 'int32', [COUNT, codes.size]) }));
  const factor = prior === pixelsnail ? 1 : 2.5;
  const weights = new Map(
    Array.from(initialValues(scope.variables, 5), ([name, values], i) => [
      name,
      // Logits of a few nats: what is less probable than 2⁻²⁰ costs less than the objective says.
      Float32Array.from(values, (value, j) => value * factor + (prior === unigram ? Math.sin(i + 3 * j) : 0)),
    ]),
  );
  const nats = evaluate(
    terms.map((term) => toWeighted(term).value),
    { values: Object.fromEntries(weights) },
  );
  const bits = nats.flatMap((each) => [...each]).reduce((sum, each) => sum + each / Math.LN2, 0);
  if (!drawing) throw new Error('the prior draws in no steps');
  return { rows, size: codes.size, bits, weights, model: (count: number) => drawing(count), sizes };
}

const cases = [pixelcnn, pixelsnail, unigram].flatMap((prior) =>
  [single, levels].map((maps) => [`${prior.name} over ${maps.length} map(s)`, given(prior, maps)] as const),
);

describe.each(engines.map(({ name, create }) => [name, create] as const))('%s', (_, create) => {
  test.each(cases)('%s: indices come back, and take as many bytes as the objective says', async (__, all) => {
    const { rows, size, bits, weights, model } = all;
    const engine = create();
    await engine.variables.write(weights);
    const progress: number[] = [];
    const bytes = await encodeIndices(engine, model, rows.slice(), COUNT, {
      onProgress: (done, total) => progress.push(done / total),
    });
    expect(progress.at(-1)).toBe(1);
    expect(8 * bytes.length).toBeGreaterThan(bits - 8);
    expect(8 * bytes.length).toBeLessThan(bits + 24);
    expect(await decodeIndices(engine, model, bytes, { count: COUNT, size })).toEqual(rows);
    await engine.dispose();
  });
});

const [native] = engines.slice(-1);

test('under a uniform model an index takes log₂ K bits', async () => {
  const { rows, sizes, size } = given(pixelcnn, levels);
  const engine = native.create();
  const bytes = await encodeIndices(engine, sizes, rows.slice(), COUNT);
  const bits = COUNT * sizes.reduce((sum, each) => sum + Math.log2(each), 0);
  expect(Math.abs(8 * bytes.length - bits)).toBeLessThan(16);
  expect(await decodeIndices(engine, sizes, bytes, { count: COUNT, size })).toEqual(rows);
});

test('other weights read something else', async () => {
  const { rows, size, weights, model } = given(pixelcnn, single);
  const engine = native.create();
  await engine.variables.write(weights);
  const bytes = await encodeIndices(engine, model, rows.slice(), COUNT);
  const [[name, values]] = weights;
  await engine.variables.write(new Map([[name, values.map((value) => -value)]]));
  expect(await decodeIndices(engine, model, bytes, { count: COUNT, size })).not.toEqual(rows);
});

test('an abandoned run gives nothing, and too many values of an index are refused', async () => {
  const { rows, weights, model } = given(pixelcnn, single);
  const engine = native.create();
  await engine.variables.write(weights);
  const signal = AbortSignal.abort();
  await expect(encodeIndices(engine, model, rows, COUNT, { signal })).rejects.toThrow('aborted');
  const vast: IndexModel = [2 ** 17];
  await expect(encodeIndices(engine, vast, Int32Array.of(1), 1)).rejects.toThrow(
    'an index has 131072 values',
  );
});
