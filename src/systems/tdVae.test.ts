import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, runOf, termValue, toy } from '../conformance/models.js';
import { sequenceOf } from '../data/index.js';
import { VariableTable } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { constant, grad, input, sizeOf, type Tensor, type Variable } from '../tensor/index.js';
import { Training } from '../training/index.js';
import { describeData, tdVae, toWeighted } from './index.js';

/** The fastest engine there is. */
const [fastest] = engines.slice(-1);
const TIME = 5;
const COUNT = 4;
const row = numericTable(2);
if (row.kind !== 'table') throw new Error('rows are of a table');
const spec = sequenceOf(TIME, row);
const data = describeData(spec, { size: 100 });
const values = new RandomStream(5, 'sequences').normal(new Float32Array(COUNT * TIME * 2));
const small = { latent: 2, belief: 3, gate: 4, hidden: [5], maxJump: 3 };

const model = (options: object = {}) => build(tdVae, data, { ...small, ...options });
const at = (roots: readonly Tensor[], x: ArrayLike<number> = values) =>
  compute(roots, { values: { x: Float64Array.from(x) }, seed: 2 });

test('a code is what is believed after each frame, and does not know what comes later', () => {
  const built = model();
  const code = built.model.encode(built.batch(COUNT));
  expect(code.shape).toEqual([COUNT, TIME, 4]);
  expect(built.model.codeShape).toEqual([TIME, 4]);
  const [before] = at([code]);
  // All frames from time 3 on are others.
  const later = values.map((value, i) => (Math.floor(i / 2) % TIME >= 3 ? value + 7 : value));
  const [after] = at([code], later);
  for (let i = 0; i < COUNT; i++) {
    const known = [i * TIME * 4, (i * TIME + 3) * 4] as const;
    expect(after.slice(...known)).toEqual(before.slice(...known));
    expect(after[(i * TIME + 3) * 4]).not.toBe(before[(i * TIME + 3) * 4]);
  }
});

test('frames are decoded one by one', () => {
  const built = model();
  const code = input('code', [COUNT, TIME, 4]);
  const decoded = built.model.decode(code);
  expect(decoded.shape).toEqual([COUNT, TIME, 2]);
  const codes = new RandomStream(6, 'codes').normal(new Float32Array(COUNT * TIME * 4));
  const other = codes.slice();
  other.fill(3, 4, 8);
  const [a, b] = [codes, other].map(
    (each) => compute([decoded], { values: { code: Float64Array.from(each) } })[0],
  );
  const differs = a.map((value, i) => value !== b[i]);
  expect(differs).toEqual(a.map((_, i) => i === 2 || i === 3));
});

test('the terms are one number per sample, and gradients reach every network, that of the beliefs as well', () => {
  for (const options of [{}, { layers: 1 }, { layers: 3, cell: 'gru', tellsJump: false }]) {
    const { model: built, scope, batch } = model(options);
    const terms = built.objective(batch(COUNT));
    expect(Object.keys(terms)).toEqual(['reconstruction', 'smoothing', 'prediction']);
    const all = Object.values(terms).map(termValue);
    for (const term of all) expect(term.shape).toEqual([COUNT]);
    const loss = all.reduce((sum, term) => sum.add(term)).sum();
    const gradients = at(grad(loss, scope.variables));
    scope.variables.forEach(({ name }, i) => {
      expect(
        gradients[i].some((slope) => slope !== 0),
        name,
      ).toBe(true);
    });
  }
});

/** Every variable at numbers that saturate no gate. */
function weightsOf(variables: readonly Variable[]): Record<string, Float64Array> {
  return Object.fromEntries(
    variables.map(({ name, shape }, i) => {
      const own = new RandomStream(i, 'weights').normal(new Float32Array(sizeOf(shape)));
      return [name, Float64Array.from(own, (value) => 0.6 * value)];
    }),
  );
}

test('what smoothing asks of the belief reaches the frames’ encoder, by the slope of finite differences', () => {
  const { model: built, scope, batch } = model({ activation: 'tanh', jumpsEach: 2 });
  const smoothing = termValue(built.objective(batch(COUNT)).smoothing).sum();
  const asked = scope.variables.filter(({ name }) => /^(encoder|belief|believed)/.test(name));
  expect(asked.length).toBeGreaterThan(10);
  const all: Record<string, Float64Array> = {
    ...weightsOf(scope.variables),
    x: Float64Array.from(values),
  };
  const gradients = compute(grad(smoothing, asked), { values: all, seed: 2 });
  asked.forEach(({ name }, v) => {
    const steepest = gradients[v].reduce(
      (best, slope, i, every) => (Math.abs(slope) > Math.abs(every[best]) ? i : best),
      0,
    );
    const moved = (by: number) => {
      const own = all[name].with(steepest, all[name][steepest] + by);
      return compute([smoothing], { values: { ...all, [name]: own }, seed: 2 })[0][0];
    };
    const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
    expect(Math.abs(slope), name).toBeGreaterThan(1e-3);
    expect(gradients[v][steepest] / slope, name).toBeCloseTo(1, 5);
  });
});

test('smoothing rises with prediction, or more slowly where that is asked for', () => {
  const ramps = (options: object) => {
    const clock = { step: constant(30), totalSteps: 1000, stepsPerEpoch: 10 };
    const scope = new VariableTable().scope({ training: true, clock });
    const parsed = tdVae.options.parse({ ...small, warmupSteps: 60, ...options });
    const x = input('x', [COUNT, TIME, 2]);
    const { smoothing, prediction } = tdVae.build(data, parsed, scope).objective({ x });
    const weights = [smoothing, prediction].map((term) => toWeighted(term).ramp);
    return compute(weights.filter((weight) => weight !== undefined)).flat();
  };
  expect(ramps({})).toEqual([0.5, 0.5]);
  expect(ramps({ smoothingWarmup: 120 })).toEqual([0.25, 0.5]);
  expect(ramps({ smoothingWarmup: 0 })).toEqual([1, 0.5]);
});

test('more jumps of a sequence say the same with less noise', () => {
  const losses = (jumpsEach: number) => {
    const { model: built, scope, batch } = model({ jumpsEach });
    const terms = Object.values(built.objective(batch(COUNT))).map(termValue);
    const loss = terms.reduce((sum, term) => sum.add(term)).mean();
    const given = { ...weightsOf(scope.variables), x: Float64Array.from(values) };
    return Array.from({ length: 300 }, (_, seed) => compute([loss], { values: given, seed })[0][0]);
  };
  const statistics = (all: readonly number[]) => {
    const mean = all.reduce((sum, value) => sum + value) / all.length;
    const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1);
    return { mean, variance };
  };
  const [one, eight] = [1, 8].map((each) => statistics(losses(each)));
  expect(Math.abs(one.mean - eight.mean)).toBeLessThan(4 * Math.sqrt((one.variance + eight.variance) / 300));
  // Draws are independent, so that the variance is an eighth; that of 300 losses is known to some 20 %.
  expect(one.variance / eight.variance).toBeGreaterThan(4);
});

test('a frame after the jump’s end changes no term of its sample', () => {
  // With jumps of 1 from the start alone, only the times 0 and 1 of two are there.
  const two = describeData(sequenceOf(2, row), { size: 100 });
  const built = build(tdVae, two, { ...small, maxJump: 1 });
  const terms = Object.values(built.model.objective(built.batch(COUNT))).map(termValue);
  const x = values.slice(0, COUNT * 4);
  const moved = x.map((value, i) => (i % 4 >= 2 ? value + 1 : value));
  const [before, after] = [x, moved].map((each) => at(terms, each));
  // What is seen at the later time is what is explained.
  expect(before[0]).not.toEqual(after[0]);
});

test('the first numbers of the lowest layer can be the mean of a row', () => {
  const { model: built, batch, scope } = model({ emission: 'first', latent: 3 });
  const code = built.encode(batch(COUNT));
  const [codes, decoded] = at([code, built.decode(code)]);
  for (let i = 0; i < COUNT * TIME; i++) {
    expect(decoded[2 * i]).toBe(codes[6 * i + 3]);
    expect(decoded[2 * i + 1]).toBe(codes[6 * i + 4]);
  }
  expect(scope.variables.some(({ name }) => name.startsWith('decoder'))).toBe(false);
  expect(() => model({ emission: 'first', latent: 1 })).toThrow(
    'emission: first takes rows of at most 1 numbers',
  );
});

test('roll-outs see nothing after the time that they start from, and go several ways from several starts', () => {
  const { model: built, batch } = model();
  const options = { from: 1, steps: 6, jump: 2, starts: 3, continuations: 2 };
  const rolled = built.rollOut?.(batch(COUNT), options);
  if (!rolled) throw new Error('a TD-VAE rolls out');
  expect(rolled.shape).toEqual([COUNT, 3, 2, 6, 2]);
  const [before] = at([rolled]);
  const later = values.map((value, i) => (Math.floor(i / 2) % TIME >= 2 ? value + 7 : value));
  expect(at([rolled], later)[0]).toEqual(before);
  expect(new Set(before.filter((_, i) => i % 12 === 0)).size).toBe(COUNT * 6);
  const refused = (wrong: object) => () => built.rollOut?.(batch(COUNT), { ...options, ...wrong });
  expect(refused({ from: 5 })).toThrow('from: is 5, and sequences of 5 frames have the times 0 to 4');
  expect(refused({ jump: 4 })).toThrow('jump: is 4, and the model knows jumps of 1 to 3');
});

test('what is no sequence is refused with a way to have one', () => {
  expect(() => build(tdVae, describeData(pictures(4, 4, 1), { size: 9 }), small)).toThrow(
    'system: td-vae learns from sequences, and the data are pictures; read arrays with kind sequence, tables with a window',
  );
});

/**
 * The transition of a linear Gaussian state is learned from jumps of one step: everything is trained but for the emission,
 * which is the state itself. p_B then comes near to Kalman's filter, whose variance is the fixed point of Riccati's
 * equation, P = (a²P + q) r / (a²P + q + r).
 */
test('trained on a linear Gaussian state, one step ahead is predicted as well as can be', async () => {
  const [a, q, r] = [0.9, 0.3, 0.05];
  const [size, time] = [256, 8];
  const noise = new RandomStream(1, 'noise').normal(new Float32Array(2 * size * time));
  const x = new Float32Array(size * time);
  for (let i = 0; i < size; i++) {
    let z = noise[2 * i * time] * Math.sqrt(q / (1 - a * a));
    for (let t = 0; t < time; t++) {
      if (t > 0) z = a * z + Math.sqrt(q) * noise[2 * (i * time + t)];
      x[i * time + t] = z + Math.sqrt(r) * noise[2 * (i * time + t) + 1];
    }
  }
  const one = numericTable(1);
  if (one.kind !== 'table') throw new Error('rows are of a table');
  const given = toy(sequenceOf(time, one), x);
  const definition = runOf(tdVae, given, fastest.create(), {
    options: { latent: 1, layers: 1, belief: 8, gate: 8, hidden: [8], maxJump: 1, emission: 'first' },
    training: { batchSize: 64, steps: 250, learningRate: 1e-2, evaluateEvery: 250, patience: 0 },
  });
  const run = new Training(definition);
  let last = Number.NaN;
  for await (const event of run) if (event.kind === 'evaluation') last = event.loss;
  let riccati = q;
  for (let i = 0; i < 50; i++) riccati = ((a * a * riccati + q) * r) / (a * a * riccati + q + r);
  // −E log p(x_t|x_<t) of the exact filter, and of a model that knows the variance of x and nothing else.
  const nats = (variance: number) => 0.5 * (Math.log(2 * Math.PI * variance) + 1);
  const [exact, ignorant] = [nats(a * a * riccati + q + r), nats(q / (1 - a * a) + r)];
  // Over 256 sequences the exact loss itself has a deviation of √½/16 = 0.044.
  expect(last).toBeGreaterThan(exact - 0.15);
  expect(last).toBeLessThan(exact + 0.4 * (ignorant - exact) + 0.05);
});
