import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { measure } from '../evaluation/index.js';
import { ModelRunner } from '../inference/index.js';
import { filled } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { ae, hypersphericalVae, type System, system, vae } from '../systems/index.js';
import { constant, iota, randomUniform, zeros } from '../tensor/index.js';
import {
  type FitEvent,
  type FitOptions,
  fitPrior,
  gridPrior,
  latentWgan,
  maf,
  measurePrior,
  neighbours,
  normal,
  priors,
  twoStage,
  vamp,
  withPrior,
} from './index.js';
import { nearestOf } from './neighbours.js';

/** The native engine where it was built, and otherwise what stands for it. */
const [native] = engines.slice(-1);
const SIZE = 400;
const COLUMNS = 6;
const labels = Array.from({ length: SIZE }, (_, i) => i % 2);
/** Columns that hang together, and differ by class. */
const noise = new RandomStream(1, 'rows').normal(new Float32Array(SIZE * COLUMNS));
const rows = noise.map((value, i) => value + noise[i - (i % COLUMNS)] + 2 * labels[Math.floor(i / COLUMNS)]);
const given = toy(numericTable(COLUMNS), rows, labels);

/** Small sizes, by prior. */
const SMALL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  gmm: { components: 3 },
  vamp: { components: 8 },
  'two-stage': { hidden: [8] },
  maf: { layers: 2, hidden: [8] },
  iaf: { layers: 2, hidden: [8] },
  'latent-gan': { noise: 4, hidden: [8], discriminator: [8] },
  'latent-wgan': { noise: 4, hidden: [8], discriminator: [8] },
  neighbours: { kept: 100 },
};
const training = { steps: 6, batchSize: 32, patience: 0 };

/** A model with its initial weights, whose codes are as good as any for a prior. */
async function modelOf(one: System, options: Record<string, unknown> = { latent: 3, hidden: [8] }) {
  const engine = native.create();
  const runner = new ModelRunner({ engine, system: one, options: optionsOf(one, options), data: given.data });
  runner.build().objective({ x: zeros([2, COLUMNS]), labels: zeros([2], 'int32') });
  await engine.variables.write(initialValues(runner.table.variables.values(), 3));
  return runner;
}

async function fitted(runner: ModelRunner, prior: FitOptions['prior'], more: Partial<FitOptions> = {}) {
  const { source } = given;
  const events: FitEvent[] = [];
  const result = await fitPrior({
    prior,
    options: optionsOfPrior(prior),
    training,
    runner,
    trainingPart: source,
    validationPart: source,
    engine: native.create(),
    onEvent: (event) => events.push(event),
    ...more,
  });
  return { result, events, model: await withPrior(runner, result) };
}

const optionsOfPrior = (prior: FitOptions['prior'], given: Record<string, unknown> = {}) =>
  prior.options.parse({ ...SMALL[prior.name], ...given });

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b) / values.length;
const column = (values: Float32Array, j: number, width: number) => values.filter((_, i) => i % width === j);

describe.each(priors.filter(({ codes }) => codes === 'vectors').map((prior) => [prior.name, prior] as const))(
  '%s',
  (_, prior) => {
    test('is fitted on the codes of a VAE, draws the same codes from the same seed, and says how likely codes are', async () => {
      const runner = await modelOf(vae);
      const { result, model, events } = await fitted(runner, prior);
      expect(events[0]).toEqual({ kind: 'codes', count: SIZE, size: 3 });
      const { x, codes } = await model.sample(10, { seed: 4 });
      expect([x.length, codes.length]).toEqual([10 * COLUMNS, 30]);
      expect([...x, ...codes].every(Number.isFinite)).toBe(true);
      expect((await model.sample(10, { seed: 4 })).codes).toEqual(codes);
      expect((await model.sample(10, { seed: 5 })).codes).not.toEqual(codes);
      const [nats, bits] = await measurePrior(model, result, given.source);
      if (prior.value === 'none') expect(nats).toMatchObject({ value: null, reason: expect.any(String) });
      else expect(bits.value).toBeCloseTo(-(nats.value ?? NaN) / (3 * Math.LN2), 5);
    });

    test('is fitted on certain codes too, or says why not', async () => {
      const runner = await modelOf(ae);
      const fit = fitted(runner, prior);
      if (prior === vamp)
        await expect(fit).rejects.toThrow('vamp is made of normal posteriors, which ae has not; fit gmm');
      else expect((await (await fit).model.sample(5)).codes.every(Number.isFinite)).toBe(true);
    });
  },
);

test('one normal distribution explains codes as well as its entropy says, in the units of the codes', async () => {
  const runner = await modelOf(ae);
  const { model, result } = await fitted(runner, normal);
  const { x } = await given.source.read(0, SIZE);
  const { mean: codes } = await runner.mapSamples('codes', { x }, (batch, built) => ({
    mean: built.model.encode(batch),
  }));
  const means = [0, 1, 2].map((j) => mean(column(codes, j, 3)));
  const covariance = (i: number, j: number) => {
    const [a, b] = [column(codes, i, 3), column(codes, j, 3)];
    return mean(a.map((value, n) => (value - means[i]) * (b[n] - means[j])));
  };
  const [[a, b, c], [d, e, f], [g, h, k]] = [0, 1, 2].map((i) => [0, 1, 2].map((j) => covariance(i, j)));
  const determinant = a * (e * k - f * h) - b * (d * k - f * g) + c * (d * h - e * g);
  const expected = -0.5 * (3 * Math.log(2 * Math.PI) + Math.log(determinant) + 3);
  const [nats] = await measurePrior(model, result, given.source);
  expect(nats.value).toBeCloseTo(expected, 3);
});

test('with the normal distribution of the codes the bound is tighter than with N(0, I), which is one of its kind', async () => {
  const runner = await modelOf(vae);
  const { model } = await fitted(runner, normal);
  const elboOf = async (one: ModelRunner) => {
    const { engine } = one.settings;
    const { metrics } = await measure({
      runner: one,
      engine,
      source: given.source,
      training: given.source,
      groups: ['elbo'],
    });
    return metrics.find(({ name }) => name === 'elbo')?.value ?? NaN;
  };
  expect(await elboOf(model.runner)).toBeGreaterThan(await elboOf(runner));
});

test('a prior of each class draws codes of the class that is named, and asks for one', async () => {
  const runner = await modelOf(ae);
  for (const prior of [normal, maf]) {
    const options = optionsOfPrior(prior, { conditional: true });
    const more = prior === maf ? { training: { ...training, steps: 300, learningRate: 1e-2 } } : {};
    const { model, result } = await fitted(runner, prior, { options, ...more });
    const { x } = await given.source.read(0, SIZE);
    const { mean: codes } = await runner.mapSamples('codes', { x }, (batch, built) => ({
      mean: built.model.encode(batch),
    }));
    const [of0, of1] = [0, 1].map((y) =>
      [0, 1, 2].map((j) => mean(column(codes, j, 3).filter((_, n) => labels[n] === y))),
    );
    for (const y of [0, 1]) {
      const drawn = await model.sample(400, { labels: new Int32Array(400).fill(y) });
      const own = [0, 1, 2].map((j) => mean(column(drawn.codes, j, 3)));
      const distance = (other: readonly number[]) => Math.hypot(...own.map((value, j) => value - other[j]));
      const [near, far] = y === 0 ? [of0, of1] : [of1, of0];
      expect(distance(near), `${prior.name} ${y}`).toBeLessThan(0.5 * distance(far));
    }
    await expect(model.sample(3)).rejects.toThrow(
      'these samples are conditioned on classes; give one for each',
    );
    const [nats] = await measurePrior(model, result, given.source);
    expect(nats.value).not.toBeNull();
  }
});

test('codes are drawn anew at every look where their posterior is normal, once where it is another, and not where means are asked for', async () => {
  const { result: drawn } = await fitted(await modelOf(vae), normal);
  const { result: means } = await fitted(await modelOf(vae), normal, { fitOn: 'mean' });
  const { result: once } = await fitted(await modelOf(hypersphericalVae), normal);
  expect([drawn, means, once].map(({ codes }) => codes.kind === 'vectors' && codes.stored)).toEqual([
    'posteriors',
    'means',
    'draws',
  ]);
  if (drawn.codes.kind !== 'vectors' || means.codes.kind !== 'vectors')
    throw new Error('these codes are vectors');
  const [wide, narrow] = [drawn.codes.deviation, means.codes.deviation];
  wide.forEach((deviation, j) => {
    expect(deviation).toBeGreaterThan(narrow[j]);
  });
  await expect(fitted(await modelOf(ae), normal, { fitOn: 'draw' })).rejects.toThrow(
    'codes of ae are certain, so there is nothing to draw',
  );
});

test('with all samples as pseudo-inputs the VampPrior is the aggregate posterior', async () => {
  const runner = await modelOf(vae);
  const options = vamp.options.parse({ components: SIZE });
  const { model } = await fitted(runner, vamp, { options, training: { steps: 1, learningRate: 1e-12 } });
  const z = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i));
  const { logProb } = await model.runner.mapCodes(
    'density',
    { values: z, shape: [3] },
    (code, _, built) => ({
      logProb: built.model.prior?.(5)?.logProb?.(code) ?? zeros([5]),
    }),
    { batchSize: 5 },
  );
  const { x } = await given.source.read(0, SIZE);
  const { mean: means, logVar } = await model.encode({ x });
  logProb.forEach((value, n) => {
    let sum = 0;
    for (let c = 0; c < SIZE; c++) {
      let log = 0;
      for (let j = 0; j < 3; j++) {
        const s = logVar?.[3 * c + j] ?? NaN;
        log -= 0.5 * (Math.log(2 * Math.PI) + s + (z[3 * n + j] - means[3 * c + j]) ** 2 * Math.exp(-s));
      }
      sum += Math.exp(log) / SIZE;
    }
    expect(value).toBeCloseTo(Math.log(sum), 3);
  });
});

test('learning makes codes likelier for the priors that are trained by gradient', async () => {
  const runner = await modelOf(vae);
  for (const prior of [maf, twoStage, vamp]) {
    const few = await fitted(runner, prior, { training: { ...training, steps: 1 } });
    const before = await measurePrior(few.model, few.result, given.source);
    const many = await fitted(runner, prior, { training: { ...training, steps: 300, learningRate: 5e-3 } });
    const after = await measurePrior(many.model, many.result, given.source);
    expect(after[0].value ?? NaN, prior.name).toBeGreaterThan((before[0].value ?? NaN) + 0.02);
  }
});

test('the scale of a two-stage VAE comes to the mean squared error of its reconstructions', async () => {
  const runner = await modelOf(vae);
  const options = twoStage.options.parse({ hidden: [16], latent: 2 });
  const long = { ...training, steps: 1500, learningRate: 5e-3 };
  const { result, events } = await fitted(runner, twoStage, { options, training: long });
  const evaluations = events.filter((event) => event.kind === 'evaluation');
  const { terms } = evaluations.filter(({ isBest }) => isBest)[
    evaluations.filter(({ isBest }) => isBest).length - 1
  ];
  const logSigma = result.weights.get('likelihood.logSigma')?.[0] ?? NaN;
  // It is kept softly above −6.
  const variance = Math.exp(2 * (-6 + Math.log1p(Math.exp(logSigma + 6))));
  // ‖z − f‖²/(2γ²) + d/2 log 2πγ², so the squared error follows from the term.
  const squares = 2 * variance * (terms.reconstruction - 1.5 * Math.log(2 * Math.PI * variance));
  expect(squares / 3 / variance).toBeGreaterThan(0.9);
  expect(squares / 3 / variance).toBeLessThan(1.1);
});

test('the critic brings what is generated nearer to the codes', async () => {
  const runner = await modelOf(ae);
  const options = optionsOfPrior(latentWgan, { hidden: [32], discriminator: [32], noise: 8 });
  const { x } = await given.source.read(0, 200);
  const { mean: codes } = await runner.mapSamples('codes', { x }, (batch, built) => ({
    mean: built.model.encode(batch),
  }));
  const distances = [];
  for (const steps of [1, 1000]) {
    const game = { steps, batchSize: 50, learningRate: 2e-3 };
    const { model } = await fitted(runner, latentWgan, { options, training: game });
    distances.push(energyDistance(codes, (await model.sample(200)).codes, 3));
  }
  expect(distances[1]).toBeLessThan(0.6 * distances[0]);
});

/** 2 E‖a − b‖ − E‖a − a'‖ − E‖b − b'‖, 0 for equal distributions. Székely & Rizzo 2013. */
function energyDistance(a: Float32Array, b: Float32Array, size: number): number {
  const between = (p: Float32Array, q: Float32Array) => {
    let sum = 0;
    for (let i = 0; i < p.length; i += size)
      for (let k = 0; k < q.length; k += size) {
        let square = 0;
        for (let j = 0; j < size; j++) square += (p[i + j] - q[k + j]) ** 2;
        sum += Math.sqrt(square);
      }
    return sum / ((p.length / size) * (q.length / size));
  };
  return 2 * between(a, b) - between(a, a) - between(b, b);
}

test('what lies between neighbours lies on a segment of two codes that are', async () => {
  const runner = await modelOf(ae);
  const { model, result } = await fitted(runner, neighbours);
  const { codes } = await model.sample(30);
  if (result.codes.kind !== 'vectors') throw new Error('these codes are vectors');
  const { mean: middle, deviation } = result.codes;
  const kept = Float32Array.from(result.weights.get('codes') ?? []);
  const point = (values: Float32Array, n: number) => Array.from(values.subarray(3 * n, 3 * n + 3));
  const { nearest } = nearestOf({ data: kept, count: 100, size: 3 }, 5);
  for (let n = 0; n < 30; n++) {
    const own = point(codes, n).map((value, j) => (value - middle[j]) / deviation[j]);
    const gaps = Array.from(nearest, (to, at) => {
      const [a, b] = [point(kept, Math.floor(at / 5)), point(kept, to)];
      const length = (p: readonly number[], q: readonly number[]) =>
        Math.hypot(...p.map((value, j) => value - q[j]));
      return length(a, own) + length(own, b) - length(a, b);
    });
    expect(Math.min(...gaps)).toBeLessThan(1e-4);
  }
});

test('without a width, draws around codes are the codes themselves', async () => {
  const runner = await modelOf(ae);
  const options = optionsOfPrior(neighbours, { draw: 'kernel' });
  const { result } = await fitted(runner, neighbours, { options });
  const exact = { ...result, weights: new Map([...result.weights, ['width', Float32Array.of(0)]]) };
  const { codes } = await (await withPrior(runner, exact)).sample(20);
  if (result.codes.kind !== 'vectors') throw new Error('these codes are vectors');
  const { mean: middle, deviation } = result.codes;
  const kept = Array.from(result.weights.get('codes') ?? []);
  for (const [i, value] of codes.entries()) {
    const score = (value - middle[i % 3]) / deviation[i % 3];
    expect(Math.min(...kept.map((each) => Math.abs(each - score)))).toBeLessThan(1e-4);
  }
});

/** Two maps, of 2 × 2 and of 3 indices, that say nothing of the sample. */
const indexed = system({
  name: 'indexed',
  title: 'Indexed',
  paper: '',
  objective: '',
  summary: '',
  options: z.object({}),
  build: (_, __, scope) => {
    const weight = scope.variable('weight', [], filled(1));
    return {
      codeShape: [7],
      objective: ({ x }) => ({ reconstruction: x.mul(weight).sum(1) }),
      encode: ({ x }) => zeros([x.shape[0], 7]),
      decode: (code) => code.sliceAlong(1, 0, COLUMNS),
      discrete: {
        maps: [
          { name: 'top', shape: [2, 2], size: 5 },
          { name: 'bottom', shape: [3], size: 4 },
        ],
        indices: ({ x }) => [
          iota([x.shape[0], 4]).reshape([x.shape[0], 2, 2]),
          iota([x.shape[0], 3]).add(constant(1, 'int32')),
        ],
        lookup: ([top, bottom]) =>
          top
            .flatten()
            .cast('float32')
            .mul(10)
            .sum(1, { keepDims: true })
            .add(
              bottom.cast('float32').pad([
                [0, 0],
                [4, 0],
              ]),
            ),
      },
    };
  },
});

/** Draws position by position the number of the position and a random bit; it is told how many steps there were. */
const counting = gridPrior({
  name: 'counting',
  title: '',
  paper: '',
  objective: '',
  summary: '',
  value: 'density',
  isTrained: false,
  options: z.object({}),
  build: ({ size }, _, scope) => {
    const bias = scope.variable('bias', [], filled(0), { trainable: false });
    return {
      objective: ({ x }) => ({ nll: x.cast('float32').sum(1).add(bias) }),
      drawing: (count) => ({
        state: { drawn: { shape: [count, size], dtype: 'int32' }, bits: { shape: [count, size] } },
        parts: [
          {
            steps: size,
            step({ drawn, bits }, position) {
              const here = iota([1, size]).equal(position);
              const bit = randomUniform('bit', [count, 1]).greaterEqual(0.5).cast('float32');
              return {
                drawn: here.broadcastTo([count, size]).where(position, drawn),
                bits: here.broadcastTo([count, size]).where(bit, bits),
              };
            },
          },
        ],
        codes: ({ drawn, bits }) => drawn.add(bits.cast('int32')),
      }),
    };
  },
  fit: ({ description, training: codes }) => {
    expect(description.size).toBe(7);
    expect(Array.from(codes.x.subarray(0, 7))).toEqual([0, 1, 2, 3, 1, 2, 3]);
    return new Map([['bias', Float32Array.of(2)]]);
  },
});

test('a prior over indices draws them in steps, batch by batch with noise of its own, and the model looks them up', async () => {
  const runner = await modelOf(indexed, {});
  const told: [number, number][] = [];
  const { result } = await fitted(runner, counting);
  const model = await withPrior(runner, result, { onProgress: (done, total) => told.push([done, total]) });
  expect(model.canSample).toBe(true);
  const { codes, x } = await model.sample(150, { seed: 3 });
  expect([codes.length, x.length]).toEqual([150 * 7, 150 * COLUMNS]);
  // Three batches of seven positions.
  expect(told[told.length - 1]).toEqual([21, 21]);
  const sums = Array.from({ length: 150 }, (_, n) => codes[7 * n] / 10);
  // 0 + 1 + 2 + 3 and four bits.
  for (const sum of sums) expect([6, 7, 8, 9, 10]).toContain(Math.round(sum));
  expect(sums.slice(0, 64)).not.toEqual(sums.slice(64, 128));
  expect((await model.sample(150, { seed: 3 })).codes).toEqual(codes);
  const [nats] = await measurePrior(model, result, given.source);
  expect(nats.value).toBe(-(0 + 1 + 2 + 3 + 1 + 2 + 3 + 2));
});

test('a prior over numbers and codes that are indices do not fit, nor the other way round', async () => {
  const indices = await modelOf(indexed, {});
  await expect(fitted(indices, normal)).rejects.toThrow(
    'normal is for codes of real numbers, and those of indexed are indices; fit one that vaekit priors lists for indices',
  );
  await expect(fitted(await modelOf(ae), counting)).rejects.toThrow(
    'counting is for codes that are indices, and those of ae are real numbers, 3; fit normal, gmm or maf',
  );
});

test('means have no posteriors for a VampPrior to be made of', async () => {
  await expect(fitted(await modelOf(vae), vamp, { fitOn: 'mean' })).rejects.toThrow(
    'fitOn: means leave out the posteriors that vamp is made of',
  );
});

test('several priors of one model, and several of one kind, live on one engine', async () => {
  const runner = await modelOf(vae);
  const { model, result } = await fitted(runner, normal);
  const before = await model.sample(5);
  for (const prior of priors.filter(({ name }) => ['gmm', 'maf'].includes(name))) await fitted(runner, prior);
  const options = optionsOfPrior(normal, { covariance: 'diagonal' });
  const other = await fitted(runner, normal, { options });
  expect((await model.sample(5)).codes).toEqual(before.codes);
  expect((await other.model.sample(5)).codes).not.toEqual(before.codes);
  expect((await (await withPrior(runner, result)).sample(5)).codes).toEqual(before.codes);
});

test('an abandoned fit gives nothing', async () => {
  const controller = new AbortController();
  const fit = fitted(await modelOf(vae), maf, {
    signal: controller.signal,
    onEvent: (event) => event.kind === 'start' && controller.abort(),
  });
  await expect(fit).rejects.toThrow('aborted');
});
