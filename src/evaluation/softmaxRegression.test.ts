import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { RandomStream } from '../random/index.js';
import { type FitOptions, type LabelledRows, SoftmaxRegression } from './softmaxRegression.js';

const [reference] = engines;
const D = 3;
const CLASSES = 4;

/** Rows around the centres of their classes, so near each other that they overlap. */
function rowsOf(count: number): LabelledRows {
  const noise = new RandomStream(5, 'features').normal(new Float32Array(count * D));
  const labels = Int32Array.from({ length: count }, (_, n) => (7 * n + Math.floor(n / 5)) % CLASSES);
  const features = noise.map((value, i) => value + (i % D === labels[Math.floor(i / D)] ? 1 : 0));
  return { features, labels, dimensions: D, classes: CLASSES };
}

async function fitted(rows: LabelledRows, options: FitOptions, engine = reference.create()) {
  const regression = await SoftmaxRegression.open(engine, rows);
  const parameters = await regression.fit(options);
  return { regression, parameters, logProbs: regression.logProbs(parameters, rows.features) };
}

// A fit takes some tens of runs, and TypeScript that interprets plans is not made for them.
for (const { name, create } of engines.filter(({ name }) => name !== 'plans in TypeScript')) {
  test(`the gradient vanishes by its closed form, also over several chunks, on ${name}`, async () => {
    const rows = rowsOf(1024 + 131);
    const penalty = 0.01;
    const { parameters, logProbs, regression } = await fitted(rows, { penalty }, create());
    const { mean, deviation } = regression.moments;
    const total = Float64Array.from(parameters, (value, i) => (i < D * CLASSES ? penalty * value : 0));
    const n = rows.labels.length;
    logProbs.forEach((logProb, i) => {
      const [row, k] = [Math.floor(i / CLASSES), i % CLASSES];
      const excess = (Math.exp(logProb) - (rows.labels[row] === k ? 1 : 0)) / n;
      for (let j = 0; j < D; j++)
        total[j * CLASSES + k] += (excess * (rows.features[row * D + j] - mean[j])) / deviation[j];
      total[D * CLASSES + k] += excess;
    });
    // The tolerance, and as much again for float32 sums over some thousand rows.
    for (const entry of total) expect(Math.abs(entry)).toBeLessThan(2e-5);
  });
}

test('the likelihood of some of its rows is what their probabilities add up to', async () => {
  const rows = rowsOf(40);
  const { regression, parameters, logProbs } = await fitted(rows, { penalty: 0.1 });
  const some = [3, 4, 17, 39];
  const sum = some.reduce((total, n) => total + logProbs[n * CLASSES + rows.labels[n]], 0);
  expect(regression.logLikelihood(parameters, some)).toBeCloseTo(sum, 12);
  expect(regression.logLikelihood(parameters, [])).toBe(0);
});

test('features that do not vary leave the shares of the classes', async () => {
  const labels = Int32Array.of(0, 0, 0, 1, 2, 2);
  const rows = { features: new Float32Array(6).fill(7), labels, dimensions: 1, classes: 3 };
  const { logProbs } = await fitted(rows, { penalty: 1 });
  const probs = Array.from(logProbs.subarray(0, 3), Math.exp);
  [3 / 6, 1 / 6, 2 / 6].forEach((share, k) => {
    expect(probs[k]).toBeCloseTo(share, 4);
  });
});

test('the units of a feature do not matter', async () => {
  const rows = rowsOf(200);
  const scaled = { ...rows, features: rows.features.map((value, i) => 3 + 10 ** (i % D) * value) };
  const [{ logProbs }, other] = [
    await fitted(rows, { penalty: 0.1 }),
    await fitted(scaled, { penalty: 0.1 }),
  ];
  logProbs.forEach((value, i) => {
    expect(other.logProbs[i]).toBeCloseTo(value, 3);
  });
});

test('rows of weight 0 have no say', async () => {
  const once = rowsOf(60);
  const labels = Int32Array.of(...once.labels, ...once.labels.map((label) => (label + 1) % CLASSES));
  // The same features twice, so that the moments are the same, with other classes the second time.
  const twice = { ...once, features: Float32Array.of(...once.features, ...once.features), labels };
  const weights = Float32Array.from(labels, (_, n) => (n < 60 ? 1 : 0));
  const { parameters } = await fitted(once, { penalty: 0.1 });
  const weighted = await fitted(twice, { penalty: 0.1, weights });
  parameters.forEach((value, i) => {
    expect(weighted.parameters[i]).toBeCloseTo(value, 3);
  });
});
