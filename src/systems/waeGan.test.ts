import { expect, test } from 'vitest';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import { DiagonalNormal } from '../probability/index.js';
import { constant, grad, randomNormal, Variable } from '../tensor/index.js';
import { describeData, type Phase, real, toWeighted, waeGan } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 1000 });
const small = { architecture: 'mlp', hidden: [6], latent: 2, discriminator: [5, 4], inputNoise: 0 };
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);

function built(options: Record<string, unknown> = {}) {
  const { model, batch, scope } = build(waeGan, data, { ...small, ...options });
  const phases: readonly Phase[] = model.stages?.[0].phases ?? [];
  const [autoencoder, critic] = phases;
  const terms = { ...autoencoder.objective(batch(5)), ...critic.objective(batch(5)) };
  return { model, batch, scope, autoencoder, critic, terms };
}

/** A discriminator that says 0 of everything. */
const silenced = ({ variables }: { variables: Variable[] }) =>
  Object.fromEntries(
    variables
      .filter(({ name }) => name.startsWith('discriminator.'))
      .map(({ name, size }) => [name, new Float64Array(size)]),
  );

test('the autoencoder moves all but the discriminator, the discriminator itself alone, one after the other', () => {
  const { model, scope, autoencoder, critic, terms } = built();
  expect(model.stages?.map(({ order }) => order)).toEqual(['inTurn']);
  for (const { name } of scope.variables) {
    expect(critic.moves(name), name).toBe(name.startsWith('discriminator.'));
    expect(autoencoder.moves(name), name).toBe(!name.startsWith('discriminator.'));
  }
  const slopes = compute(grad(termValue(terms.discrimination).mean(), scope.variables), { values: { x } });
  scope.variables.forEach(({ name }, i) => {
    if (autoencoder.moves(name)) expect(Math.max(...slopes[i].map(Math.abs)), name).toBe(0);
  });
  const code = scope.variables.filter(({ name }) => name === 'code.weight');
  const [reach] = compute(grad(termValue(terms.deception).mean(), code), { values: { x } });
  expect(Math.max(...reach.map(Math.abs))).toBeGreaterThan(0);
});

test('a discriminator that says nothing costs log 2 per decision, at the weight λ', () => {
  const { scope, terms } = built({ lambda: 3 });
  const values = { x, ...silenced(scope) };
  const [deception, discrimination] = compute([termValue(terms.deception), termValue(terms.discrimination)], {
    values,
  });
  expect(deception).toEqual(deception.map(() => expect.closeTo(Math.LN2, 12)));
  expect(discrimination).toEqual(discrimination.map(() => expect.closeTo(2 * Math.LN2, 12)));
  expect(toWeighted(terms.deception)).toMatchObject({ weight: 3, role: 'penalty' });
  expect(toWeighted(terms.discrimination).weight).toBe(3);
});

test('evaluation reports how well codes deceive, and no step is the best where they try to', () => {
  const { model, batch, terms } = built({ lambda: 3 });
  const { reconstruction, deception } = model.objective(batch(5));
  expect([reconstruction, deception].map((term) => toWeighted(term).weight)).toEqual([0.05, 0]);
  const [reported, trained] = compute([termValue(deception), termValue(terms.deception)], { values: { x } });
  expect(reported).toEqual(trained);
  expect(model.isGame).toBe(true);
  expect(built({ lambda: 0 }).model.isGame).toBe(false);
});

test('with the prior trick the logits start from log p(z)', () => {
  const { model, batch, scope, terms } = built({ priorTrick: true });
  const expected = real(DiagonalNormal.standard([5, 2]).logProb(model.encode(batch(5))));
  const [value, wanted] = compute([termValue(terms.deception), expected], {
    values: { x, ...silenced(scope) },
  });
  value.forEach((each, i) => {
    expect(each).toBeCloseTo(wanted[i], 12);
  });
});

test('against the best discriminator, log p − log q, deceiving it lowers KL(q ‖ p)', () => {
  for (const [m, s] of [
    [1.5, 1],
    [-0.7, 1],
    [0, 2],
    [0, 0.4],
  ]) {
    const mean = new Variable('mean', [1], () => [m]);
    const logDeviation = new Variable('logDeviation', [1], () => [Math.log(s)]);
    const z = mean.add(logDeviation.exp().mul(randomNormal('posterior', [40_000, 1])));
    const q = new DiagonalNormal({
      mean: constant([m], 'float32', [1, 1]),
      logVar: constant(2 * Math.log(s)),
    });
    const logits = DiagonalNormal.standard([1, 1]).logProb(z).sub(q.logProb(z));
    const [[byMean], [byDeviation]] = compute(grad(real(logits).mean(), [mean, logDeviation]));
    // KL = ½ (m² + s² − 1) − log s has the derivatives m and s² − 1.
    const [expectedMean, expectedDeviation] = [m, s ** 2 - 1];
    if (expectedMean !== 0) expect(Math.sign(byMean)).toBe(Math.sign(expectedMean));
    if (expectedDeviation !== 0) expect(Math.sign(byDeviation)).toBe(Math.sign(expectedDeviation));
  }
});
