import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, runOf, termValue, toy } from '../conformance/models.js';
import type { Values } from '../engine/index.js';
import { type Layer, linear } from '../nn/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { Training } from '../training/index.js';
import { bnVae, describeData, type Model, type System, vae } from './index.js';

const identity: Layer = () => (t) => t;
const data = describeData(numericTable(4), { size: 100 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const rows = (count: number) => Float64Array.from({ length: 4 * count }, (_, i) => 3 * Math.sin(i * i));

function posteriorOf(model: Model, batch: Parameters<Model['objective']>[0]): DiagonalNormal {
  const q = model.posterior?.(batch);
  if (!(q instanceof DiagonalNormal)) throw new Error('bn-vae: the posterior is normal');
  return q;
}

test('codes 1, 2 and 4 become means −0.5345225, −0.1336306 and 0.6681531', () => {
  const { model, batch } = build(bnVae, describeData(numericTable(1), { size: 3 }), {
    encoder: identity,
    decoder: linear(1),
    latent: 1,
  });
  const values = { x: Float64Array.of(1, 2, 4), 'mean.0.weight': Float64Array.of(1) };
  const [means] = compute([posteriorOf(model, batch(3)).mean], { values });
  [-0.5345225, -0.1336306, 0.6681531].forEach((mean, i) => {
    expect(means[i]).toBeCloseTo(mean, 7);
  });
});

test('posterior means have mean β and deviation γ over a batch, and their KL is above d γ²/2 + ‖β‖²/2', () => {
  const shift = [0.3, -1, 0];
  for (const gamma of [0.5, 2]) {
    const { model, batch } = build(bnVae, data, { ...small, gamma });
    const { mean } = posteriorOf(model, batch(20));
    const values = { x: rows(20), 'mean.1.shift': Float64Array.from(shift) };
    const variance = mean
      .sub(mean.mean(0, { keepDims: true }))
      .square()
      .mean(0);
    const kl = termValue(model.objective(batch(20)).kl).mean();
    const [means, variances, [divergence]] = compute([mean.mean(0), variance, kl], { values });
    shift.forEach((beta, j) => {
      expect(means[j]).toBeCloseTo(beta, 12);
      expect(variances[j]).toBeCloseTo(gamma ** 2, 9);
    });
    const bound = 0.5 * (3 * gamma ** 2 + 0.3 ** 2 + 1);
    expect(divergence).toBeGreaterThan(bound);
  }
});

test('with unit variances the KL of 32 coordinates is its floor: 4, 5.76 and 7.84 nats at γ = 0.5, 0.6 and 0.7', () => {
  for (const [gamma, floor] of [
    [0.5, 4],
    [0.6, 5.76],
    [0.7, 7.84],
  ]) {
    const { model, batch } = build(bnVae, data, { ...small, hidden: [64], latent: 32, gamma });
    const unit = { 'logVar.weight': new Float64Array(64 * 32), 'logVar.bias': new Float64Array(32) };
    const kl = termValue(model.objective(batch(50)).kl).mean();
    const [[divergence]] = compute([kl], { values: { ...unit, x: rows(50) } });
    expect(divergence).toBeCloseTo(floor, 8);
  }
});

test('γ is no variable, and β only where it is learned; the layer before has no bias', () => {
  const trained = (learnBeta: boolean) => {
    const { scope, model, batch } = build(bnVae, data, { ...small, learnBeta });
    model.objective(batch(20));
    return scope.variables
      .filter(({ name, trainable }) => trainable && name.startsWith('mean.'))
      .map(({ name }) => name);
  };
  expect(trained(true)).toEqual(['mean.0.weight', 'mean.1.shift']);
  expect(trained(false)).toEqual(['mean.0.weight']);
});

test('an evaluated code does not depend on the samples beside it', () => {
  const { model, batch } = build(bnVae, data, small, { training: false });
  const x = rows(3);
  const [together] = compute([model.encode(batch(3))], { values: { x } });
  const apart = [0, 1, 2].flatMap(
    (i) => compute([model.encode(batch(1))], { values: { x: x.slice(4 * i, 4 * i + 4) } })[0],
  );
  together.forEach((value, i) => {
    expect(value).toBeCloseTo(apart[i], 12);
  });
  expect(new Set(apart.map((value) => value.toFixed(6))).size).toBe(9);
});

test('a decoder that ignores its code takes a VAE’s KL to 0, and stops at the floor here', async () => {
  const samples = toy(numericTable(4), rows(64));
  // Four numbers whatever the code.
  const deaf: Layer = (scope) => {
    const layer = linear(4)(scope);
    return (z) => layer(z.mul(0));
  };
  const klAfter = async (system: System) => {
    const options = { ...small, decoder: deaf };
    const training = { steps: 500, batchSize: 32, learningRate: 0.01 };
    const definition = runOf(system, samples, engines[0].create(), { options, training });
    await new Training({ ...definition, validation: undefined }).finish();
    const { model, batch, table } = build(system, samples.data, options);
    const kl = termValue(model.objective(batch(32)).kl).mean();
    const names = [...table.variables.keys()];
    const weights = Object.fromEntries(await definition.engine.variables.read(names)) as Record<
      string,
      Values
    >;
    return compute([kl], { values: { ...weights, x: rows(32) } })[0][0];
  };
  const floor = (3 * 0.5 ** 2) / 2;
  expect(await klAfter(vae)).toBeLessThan(0.02);
  const kept = await klAfter(bnVae);
  expect(kept).toBeGreaterThan(floor * (1 - 1e-9));
  expect(kept).toBeLessThan(floor + 0.02);
});

test('a batch of fewer than 16 has no statistics to speak of, and is refused', () => {
  const options = bnVae.options.parse(small);
  const asked = (batchSize: number) => () =>
    bnVae.require?.({ options, data, run: { batchSize, isLengthGiven: true } });
  expect(asked(8)).toThrow(
    'batchSize: bn-vae standardises the posterior means over the batch and needs 16 samples or more; 8 were asked for',
  );
  expect(asked(16)).not.toThrow();
});
