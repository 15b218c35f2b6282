import { expect, test } from 'vitest';
import { compute, pictures, tableOf } from '../conformance/models.js';
import { type SampleSpec, sequenceOf } from '../data/index.js';
import { VariableTable } from '../nn/index.js';
import { LogCosh } from '../probability/index.js';
import { constant, randomUniform, type Tensor } from '../tensor/index.js';
import {
  averagedFrom,
  describeData,
  likelihoodFor,
  likelihoodOptions,
  maskAsSeen,
  toAveraged,
} from './index.js';
import type { SampleDistribution } from './likelihood.js';

const mixed = tableOf([
  { name: 'a', type: 'numeric', mean: 3, deviation: 2 },
  { name: 'b', type: 'count', mean: 1, deviation: 0.5 },
  { name: 'c', type: 'categorical', categories: ['x', 'y', 'z'] },
  { name: 'd', type: 'ordinal', categories: ['low', 'mid', 'high'] },
  { name: 'e', type: 'binary', categories: ['no', 'yes'] },
]);
const ROWS = 4;
const row = (...values: number[]) => constant(values).expandDims(0);
const overTime = mixed.kind === 'table' ? sequenceOf(3, mixed) : mixed;

/** The likelihood at some decoder output, for two draws of four samples, and the samples. */
function at(spec: SampleSpec, options: Record<string, unknown>): { p: SampleDistribution; x: Tensor } {
  const data = describeData(spec, { size: 9 });
  const scope = new VariableTable().scope({ training: false });
  const likelihood = likelihoodFor(data, likelihoodOptions.parse(options), scope);
  const output = randomUniform('output', [2, ROWS, ...likelihood.outputShape])
    .mul(2)
    .sub(1);
  const levels = randomUniform('levels', [ROWS, ...spec.shape]);
  const stored = spec.kind === 'image' ? levels.mul(256).floor() : levels.mul(row(4, 3, 3, 3, 2)).floor();
  return { p: likelihood.distribution(output), x: data.toModel(stored) };
}

test.each([
  ['bernoulli', pictures(3, 4, 1), {}, 1],
  ['gaussian', pictures(3, 4, 2), { likelihood: 'gaussian', sigma: 'shared' }, 1],
  ['gaussian with a variance each', pictures(3, 4, 2), { likelihood: 'gaussian', sigma: 'perDim' }, 1],
  ['logistic', pictures(3, 4, 2), { likelihood: 'logistic' }, 1],
  ['mixture', pictures(3, 4, 2), { likelihood: 'mixture' }, 2],
  ['table', mixed, {}, 1],
  ['rows over time', overTime, {}, 1],
] as const)(
  '%s: what is observed and what is not add up to the whole, and nothing costs nothing',
  (_, spec, options, together) => {
    const { p, x } = at(spec, options);
    const stored = spec.shape.reduce((product, length) => product * length, ROWS);
    const marks = Uint8Array.from({ length: stored }, (__, i) => Number(Math.floor(i / together) % 3 !== 1));
    const mask = (values: Uint8Array) => constant([...maskAsSeen(spec, values)]).reshape(x.shape);
    const cost = (observed: Tensor) => p.marginalNll?.(x, observed) ?? p.nll(x);
    const [whole, all, none, some, rest] = compute([
      p.nll(x),
      cost(mask(marks.map(() => 1))),
      cost(mask(marks.map(() => 0))),
      cost(mask(marks)),
      cost(mask(marks.map((mark) => 1 - mark))),
    ]);
    expect(whole.length).toBe(2 * ROWS);
    for (let i = 0; i < whole.length; i++) {
      expect(all[i]).toBeCloseTo(whole[i], 9);
      expect(none[i]).toBeCloseTo(0, 12);
      expect(some[i]).not.toBeCloseTo(whole[i], 3);
      expect(some[i] + rest[i]).toBeCloseTo(whole[i], 9);
    }
  },
);

test('of a coupled position that is seen in part, nothing counts', () => {
  const { p, x } = at(pictures(1, 2, 2), { likelihood: 'mixture' });
  const mask = (marks: readonly number[]) => constant(new Array(ROWS).fill(marks).flat()).reshape(x.shape);
  const cost = (marks: readonly number[]) => p.marginalNll?.(x, mask(marks)) ?? p.nll(x);
  const [partly, second] = compute([cost([1, 0, 1, 1]), cost([0, 0, 1, 1])]);
  expect(partly).toEqual(second);
});

test('log-cosh: the cost of some coordinates is theirs', () => {
  const p = new LogCosh({ mean: row(0, 1, 2), sharpness: 3 });
  const one = new LogCosh({ mean: row(1), sharpness: 3 });
  const [some, own] = compute([p.marginalNll(row(5, 7, 9), row(0, 1, 0)), one.nll(row(7))]);
  expect(some[0]).toBeCloseTo(own[0], 12);
});

test('the mean of counts is that of counts, not of their logarithms', () => {
  const data = describeData(mixed, { size: 9 });
  const rows = row(1, 0, 0, 2, 1, 3, 9, 2, 0, 1).reshape([2, 5]);
  const mean = averagedFrom(mixed, toAveraged(mixed, data.toModel(rows)).mean(0, { keepDims: true }));
  const [stored] = compute([data.fromModel(mean)]);
  // 4.5 is rounded up; categories that are as likely are settled by their order.
  expect(stored.slice(0, 2)).toEqual([2, 5]);
});
