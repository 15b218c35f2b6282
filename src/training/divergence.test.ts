import { expect, test } from 'vitest';
import { numericTable } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { betaVae, describeData } from '../systems/index.js';
import { problemOf } from './divergence.js';
import { trainingOptions, trainingStages } from './index.js';

const data = describeData(numericTable(2), { size: 10 });
const options = betaVae.options.parse({ hidden: [3], latent: 2 });
const training = trainingOptions.parse({ batchSize: 2 });
const {
  stages: [step],
} = trainingStages({
  system: betaVae,
  options,
  data,
  training,
  totalSteps: 10,
  table: new VariableTable(),
});

/** Outputs of two steps, of which the second is told. */
function outputs({ reconstruction = 1, kl = 1, bad = [] as string[] }) {
  const norms = step.weights.map(({ name }) => (bad.includes(name) ? Number.NaN : 1));
  return {
    'term reconstruction': Float32Array.of(1, reconstruction),
    'term kl': Float32Array.of(1, kl),
    layerNorms: Float32Array.from([...norms.map(() => 1), ...norms]),
  };
}

test('terms that are not finite are named before gradients', () => {
  expect(problemOf(step, outputs({ kl: Number.POSITIVE_INFINITY, bad: ['mean.weight'] }), 1)).toBe(
    "the 'kl' term is not finite",
  );
  expect(problemOf(step, outputs({ kl: Number.NaN, reconstruction: Number.NaN }), 1)).toBe(
    "the 'reconstruction' and 'kl' terms are not finite",
  );
});

test('with finite terms, the first layer whose gradient is not finite is named', () => {
  expect(problemOf(step, outputs({ bad: ['mean.weight'] }), 1)).toBe(
    'the gradient of mean.weight is not finite',
  );
  expect(problemOf(step, outputs({ bad: ['mean.bias', 'mean.weight', 'decoder.0.bias'] }), 1)).toMatch(
    /^the gradient of [a-z.0-9]+ and 2 more is not finite$/,
  );
});

test('finite terms and gradients whose sum overflows are told as what they are', () => {
  expect(problemOf(step, outputs({}), 1)).toBe(
    'the weighted sum of the terms or of the squared gradients is not finite',
  );
});
