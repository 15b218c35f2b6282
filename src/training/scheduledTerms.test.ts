import { expect, test } from 'vitest';
import { type Built, build, compute, pictures } from '../conformance/models.js';
import { DiagonalNormal } from '../probability/index.js';
import {
  ae,
  betaVae,
  cvae,
  describeData,
  disentangledBetaVae,
  iwae,
  type System,
  vae,
  waeGan,
} from '../systems/index.js';
import { grad, step } from '../tensor/index.js';
import { trainingOptions } from './index.js';
import { collapseRemedies, requireEffect, scheduledTerms } from './scheduledTerms.js';

const data = describeData(pictures(3, 4, 1), { size: 10, classes: 2 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const values = {
  x: Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256),
  labels: Int32Array.of(0, 1, 0, 1, 0),
};

function termsOf(system: System, training: Record<string, unknown>, options: Record<string, unknown> = {}) {
  const built: Built = build(system, data, { ...small, ...options });
  const now = step().cast('float32');
  return {
    ...built,
    terms: scheduledTerms(built.model.objective(built.batch(5)), trainingOptions.parse(training), now, 100),
  };
}

/** KL(q(z_j|x) ‖ p(z_j)), the mean over the batch, from the posterior's own numbers. */
function klOfCoordinates({ model, batch }: Built): number[] {
  const q = model.posterior?.(batch(5));
  if (!(q instanceof DiagonalNormal)) throw new Error('vae: the posterior is normal');
  const [mean, logVar] = compute([q.mean, q.logVar], { values });
  return [0, 1, 2].map((j) => {
    const one = (i: number) => 0.5 * (mean[i] ** 2 + Math.exp(logVar[i]) - logVar[i] - 1);
    return [0, 1, 2, 3, 4].reduce((sum, b) => sum + one(3 * b + j), 0) / 5;
  });
}

test('each term is a mean over the batch, with its weight', () => {
  const { terms, model, batch } = termsOf(betaVae, {}, { beta: 6 });
  const { kl } = model.objective(batch(5));
  if (!('role' in kl)) throw new Error('beta-vae: the KL has a weight');
  const [perSample, mean, paid, weight] = compute([kl.value, terms.kl.mean, terms.kl.paid, terms.kl.weight], {
    values,
  });
  expect(mean[0]).toBeCloseTo(perSample.reduce((a, b) => a + b, 0) / 5, 12);
  expect(paid).toEqual(mean);
  expect(weight).toEqual([6]);
});

test('warm-up and cycles are for the KL’s weight, times its own, and leave the reconstruction alone', () => {
  for (const training of [{ klWarmup: 40 }, { klWarmup: 0.4 }, { klCycles: 2 }]) {
    const { terms } = termsOf(betaVae, training, { beta: 6 });
    const weights = (step: number) =>
      compute([terms.reconstruction.weight, terms.kl.weight], { step }).flat();
    expect(weights(0)).toEqual([1, 0]);
    expect(weights(10)[1]).toBeCloseTo('klCycles' in training ? 6 * 0.4 : 6 * 0.25, 12);
    expect(weights(45)).toEqual([1, 6]);
  }
});

test('a penalty keeps its weight in warm-up', () => {
  const { terms } = termsOf(cvae, { klWarmup: 40 }, { alpha: 0.25 });
  const { reconstruction, kl, prediction } = terms;
  expect(compute([reconstruction.weight, kl.weight, prediction.weight], { step: 0 }).flat()).toEqual([
    0.25, 0, 0.75,
  ]);
});

test('with free bits, Σ_j max(λ, KL_j) is paid and the KL itself is reported', () => {
  const coordinates = klOfCoordinates(termsOf(vae, {}));
  const freeBits = [...coordinates].sort((a, b) => a - b)[1];
  const { terms: free } = termsOf(vae, { freeBits });
  const [[mean], [paid]] = compute([free.kl.mean, free.kl.paid], { values });
  expect(mean).toBeCloseTo(
    coordinates.reduce((a, b) => a + b, 0),
    12,
  );
  expect(paid).toBeCloseTo(
    coordinates.reduce((sum, kl) => sum + Math.max(freeBits, kl), 0),
    12,
  );
});

test('a coordinate below the free bits has no gradient, and one above them all of it', () => {
  const plain = termsOf(vae, {});
  const coordinates = klOfCoordinates(plain);
  const free = termsOf(vae, { freeBits: [...coordinates].sort((a, b) => a - b)[1] * 1.001 });
  const biasGradient = ({ scope, terms }: typeof plain) => {
    const biases = scope.variables.filter(({ name }) => name === 'mean.bias');
    return compute(grad(terms.kl.paid, biases), { values })[0];
  };
  const [all, left] = [biasGradient(plain), biasGradient(free)];
  const largest = coordinates.indexOf(Math.max(...coordinates));
  left.forEach((g, j) => {
    expect(g).toBeCloseTo(j === largest ? all[j] : 0, 12);
  });
  expect(all[largest]).not.toBe(0);
});

test('free bits are counted against a conditional prior too', () => {
  const { terms } = termsOf(cvae, { freeBits: 1000 });
  const [[paid]] = compute([terms.kl.paid], { values });
  expect(paid).toBe(3000);
});

test('what is suggested against collapse is what the system has, and the run does not do yet', () => {
  const remedies = (system: System, training = {}, options = {}) => {
    const { model, batch, scope } = build(system, data, { ...small, ...options });
    const phases = model.stages?.flatMap((stage) => stage.phases) ?? [];
    const objectives = [model, ...phases].map((each) => each.objective(batch(5)));
    const ramps = scope.ramps.map(({ name }) => name);
    return collapseRemedies(objectives, trainingOptions.parse(training), ramps);
  };
  const [warmup, free, always] = [
    'a KL warm-up over 0.3 of the run',
    'free bits of 0.1',
    ['a weaker decoder', 'a longer run'],
  ];
  expect(remedies(vae)).toEqual([warmup, free, ...always]);
  expect(remedies(betaVae, {}, { beta: 4 })).toEqual([warmup, free, 'a weight of kl below 4', ...always]);
  expect(remedies(vae, { klCycles: 4 })).toEqual([free, ...always]);
  expect(remedies(vae, { freeBits: 0.5 }, { kl: 'sampled' })).toEqual([warmup, ...always]);
  for (const [system, options] of [
    [iwae, { k: 2 }],
    [waeGan, { posterior: 'gaussian', discriminator: [4] }],
  ] as const)
    expect(remedies(system, {}, options)).toEqual(always);
  // Its own schedule takes the place of a warm-up.
  expect(remedies(disentangledBetaVae)).not.toContain(warmup);
});

test('options about the KL are refused where there is none', () => {
  for (const [option, value] of [
    ['klWarmup', 0.3],
    ['klCycles', 4],
    ['freeBits', 0.1],
  ] as const)
    expect(() => {
      const { model, batch } = build(ae, data, small);
      requireEffect([model.objective(batch(5))], trainingOptions.parse({ [option]: value }));
    }).toThrow(`${option}: has no effect: this system has no KL term; leave it out`);
});
