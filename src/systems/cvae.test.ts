import { expect, test } from 'vitest';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import type { Values } from '../engine/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { grad, input, type Tensor } from '../tensor/index.js';
import { cvae, describeData, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 10, classes: 3 });
const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);
const labels = Int32Array.of(0, 1, 2, 0, 1);

const given = (options: Record<string, unknown> = {}) => build(cvae, data, { ...small, ...options });
const normal = (q: unknown): DiagonalNormal => {
  if (q instanceof DiagonalNormal) return q;
  throw new Error('cvae: posterior and prior are normal');
};

test('the loss is that of a VAE whose encoder, decoder and prior are told the class', () => {
  const { model, batch } = given();
  const terms = model.objective(batch(5));
  expect(Object.keys(terms)).toEqual(['reconstruction', 'kl']);
  const q = normal(model.posterior?.(batch(5)));
  const p = normal(model.prior?.(5, batch(5).labels));
  const [kl, mq, sq, mp, sp] = compute([termValue(terms.kl), q.mean, q.logVar, p.mean, p.logVar], {
    values: { x, labels },
  });
  for (let b = 0; b < 5; b++) {
    let expected = 0;
    for (const i of [2 * b, 2 * b + 1])
      expected += 0.5 * (sp[i] - sq[i] + (Math.exp(sq[i]) + (mq[i] - mp[i]) ** 2) / Math.exp(sp[i]) - 1);
    expect(kl[b]).toBeCloseTo(expected, 9);
  }
});

test('the class changes the posterior, the prior and what a code stands for', () => {
  const { model, batch } = given();
  const z = input('z', [1, 2]);
  const y = input('y', [1], 'int32');
  const roots = [
    normal(model.posterior?.({ x: batch(1).x, labels: y })).mean,
    normal(model.prior?.(1, y)).mean,
    normal(model.prior?.(1, y)).logVar,
    model.decode(z, y),
  ];
  const at = (label: number) =>
    compute(roots, { values: { x: x.slice(0, 12), z: Float64Array.of(0.3, -1), y: Int32Array.of(label) } });
  const [first, second] = [at(0), at(1)];
  first.forEach((values, i) => {
    expect(values).not.toEqual(second[i]);
  });
});

test('a conditional prior that is the posterior costs no nats', () => {
  const { model, batch } = given();
  // Heads that read nothing and have one bias: whatever x and y, q(z|x, y) = p(z|y) = N(0.7, e^−1).
  const constantHeads: Record<string, Values> = {};
  for (const [head, value, width] of [
    ['mean', 0.7, 6],
    ['logVar', -1, 6],
    ['priorMean', 0.7, 3],
    ['priorLogVar', -1, 3],
  ] as const) {
    constantHeads[`${head}.weight`] = new Float64Array(2 * width);
    constantHeads[`${head}.bias`] = Float64Array.of(value, value);
  }
  const [kl] = compute([termValue(model.objective(batch(5)).kl)], {
    values: { ...constantHeads, x, labels },
  });
  for (const value of kl) expect(value).toBeCloseTo(0, 12);
});

test('with a standard prior, the class does not change where samples are drawn', () => {
  const { model } = given({ prior: 'standard' });
  const p = normal(model.prior?.(4));
  expect(compute([p.mean, p.logVar]).flat()).toEqual(new Array(16).fill(0));
});

test('a conditional prior is asked for with classes, and says so', () => {
  const { model, batch } = given();
  const sentence = 'labels: cvae is conditioned on the class of each sample; give one for each';
  expect(() => model.prior?.(4)).toThrow(sentence);
  expect(() => model.objective({ x: batch(5).x })).toThrow(sentence);
  expect(() => model.decode(input('z', [1, 2]))).toThrow(sentence);
});

test('below α = 1 the rest of the weight goes to prediction from the prior, whose gradient reaches the prior', () => {
  const { model, batch, scope } = given({ alpha: 0.25 });
  const terms = model.objective(batch(5));
  const weights = Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, toWeighted(term)]));
  expect(weights.reconstruction).toMatchObject({ weight: 0.25, role: 'bound' });
  expect(weights.kl).toMatchObject({ weight: 0.25, role: 'bound' });
  expect(weights.prediction).toMatchObject({ weight: 0.75, role: 'penalty' });
  const priors = scope.variables.filter(({ name }) => name.startsWith('prior'));
  const gradients = compute(grad(weights.prediction.value.mean(), priors), { values: { x, labels } });
  for (const gradient of gradients) expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0);
  const encoder = scope.variables.filter(({ name }) => /^(encoder|mean|logVar)/.test(name));
  for (const gradient of compute(grad(weights.prediction.value.mean(), encoder), { values: { x, labels } }))
    for (const value of gradient) expect(value).toBe(0);
});

test('prediction uses noise of its own', () => {
  const { model, batch } = given({ alpha: 0.5 });
  const terms = model.objective(batch(5));
  const streams = (root: Tensor) => {
    const seen = new Set<string>();
    const visit = (node: Tensor) => {
      if (node.is('random')) seen.add(node.attributes.stream);
      node.inputs.forEach(visit);
    };
    visit(root);
    return [...seen];
  };
  expect(streams(termValue(terms.reconstruction))).toEqual(['posterior']);
  expect(streams(termValue(terms.prediction))).toEqual(['prior']);
});
