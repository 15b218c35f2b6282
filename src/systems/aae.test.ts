import { expect, test } from 'vitest';
import { build, compute, optionsOf, pictures, termValue } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { constant, grad, input, randomNormal } from '../tensor/index.js';
import {
  aae,
  describeData,
  discriminator,
  fake,
  type Phase,
  real,
  requiresLabels,
  toWeighted,
} from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 1000 });
const labelled = describeData(pictures(3, 4, 1), { size: 1000, classes: 3 });
const small = { architecture: 'mlp', hidden: [6], latent: 2, discriminator: [5, 4] };
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);
const labels = Int32Array.of(0, 2, 1, 1, 0);

function built(options: Record<string, unknown> = {}, description = data) {
  const { model, batch, scope } = build(aae, description, { ...small, ...options });
  const phases: readonly Phase[] = model.stages?.[0].phases ?? [];
  const terms = phases.flatMap(({ objective }) => Object.entries(objective(batch(5))));
  return { model, batch, scope, phases, terms: Object.fromEntries(terms) };
}

test.each(['deterministic', 'gaussian', 'universal'])(
  'each phase reaches what it moves: %s codes',
  (posterior) => {
    const { model, scope, phases, batch } = built({ posterior });
    expect(model.stages?.map(({ order }) => order)).toEqual(['inTurn']);
    const owner = (name: string) => name.split('.')[0];
    const encoder = ['encoder', 'code', 'mean', 'logVar'];
    const moved = {
      reconstruction: [...encoder, 'decoder'],
      discriminator: ['discriminator'],
      generator: encoder,
    };
    // A discriminator's gradient stops at the codes; a generator's goes through the discriminator, which rests.
    const reached = { ...moved, generator: [...encoder, 'discriminator'] };
    for (const phase of phases) {
      const name = phase.name as keyof typeof moved;
      const [term] = Object.values(phase.objective(batch(5)));
      const slopes = compute(grad(termValue(term).mean(), scope.variables), { values: { x } });
      scope.variables.forEach((variable, i) => {
        expect(phase.moves(variable.name), variable.name).toBe(moved[name].includes(owner(variable.name)));
        const isReached = reached[name].includes(owner(variable.name));
        if (!isReached) expect(Math.max(...slopes[i].map(Math.abs)), variable.name).toBe(0);
      });
      const total = slopes.flat().reduce((sum, slope) => sum + Math.abs(slope), 0);
      expect(total).toBeGreaterThan(0);
    }
  },
);

test('at adversarial weight 0 the generator phase moves nothing, which leaves an autoencoder', () => {
  const { scope, terms } = built({ adversarialWeight: 0 });
  const { value, weight } = toWeighted(terms.deception);
  for (const slopes of compute(grad(value.mul(weight).mean(), scope.variables), { values: { x } }))
    expect(Math.max(...slopes.map(Math.abs))).toBe(0);
});

test('a discriminator that says nothing costs log 2', () => {
  const { scope, terms } = built({ adversarialWeight: 4 });
  const zero = scope.variables.filter(({ name }) => name.startsWith('discriminator.'));
  const values = { x, ...Object.fromEntries(zero.map(({ name, size }) => [name, new Float64Array(size)])) };
  const [deception, discrimination] = compute([termValue(terms.deception), termValue(terms.discrimination)], {
    values,
  });
  for (const value of [...deception, ...discrimination]) expect(value).toBeCloseTo(Math.LN2, 12);
  expect(toWeighted(terms.deception)).toMatchObject({ weight: 4, role: 'penalty' });
});

test('the best discriminator of two normal distributions is log p − log q: 0 half-way between them', () => {
  const scope = new VariableTable().scope({ training: true });
  const network = discriminator({ hidden: [] })(scope);
  const [p, q] = [1, -1].map((mean, i) => network(randomNormal(`${i}`, [20_000, 1]).add(mean)));
  const loss = real(p).mean().add(fake(q).mean()).mul(0.5);
  const names = scope.variables.map(({ name }) => name);
  const values = names.map(() => Float64Array.of(0));
  const slopes = grad(loss, scope.variables);
  const at = () => Object.fromEntries(names.map((name, i) => [name, values[i]]));
  for (let step = 0; step < 40; step++) {
    compute(slopes, { values: at() }).forEach(([slope], i) => {
      values[i] = Float64Array.of(values[i][0] - 3 * slope);
    });
  }
  // N(z; 1, 1) / N(z; −1, 1) = e^(2z).
  const [[left, middle, right]] = compute([network(constant([-1, 0, 1], 'float32', [3, 1]))], {
    values: at(),
  });
  expect(Math.abs(left + 2)).toBeLessThan(0.1);
  expect(Math.abs(middle)).toBeLessThan(0.05);
  expect(Math.abs(right - 2)).toBeLessThan(0.1);
});

test('evaluation reports how well codes deceive, and no step is the best where they try to', () => {
  const { model, batch, terms } = built();
  const { reconstruction, deception } = model.objective(batch(5));
  expect(toWeighted(deception).weight).toBe(0);
  const [reported, trained] = compute([termValue(deception), termValue(terms.deception)], { values: { x } });
  expect(reported).toEqual(trained);
  expect(toWeighted(reconstruction).weight).toBe(1);
  expect(model.isGame).toBe(true);
  expect(built({ adversarialWeight: 0 }).model.isGame).toBe(false);
});

test('with supervision of the prior, the discriminator is told the class and each class has its own part', () => {
  const { model, batch, scope, terms } = built({ supervision: 'prior', prior: 'mixture' }, labelled);
  expect(scope.variables.find(({ name }) => name.startsWith('discriminator.'))?.shape).toEqual([5, 5]);
  const [first] = compute([termValue(terms.discrimination)], { values: { x, labels } });
  const [second] = compute([termValue(terms.discrimination)], { values: { x, labels: labels.map(() => 0) } });
  expect(first).not.toEqual(second);
  const means = model.prior?.(5, batch(5).labels).mean;
  const [at] = compute(means ? [means] : [], { values: { labels } });
  expect(at.slice(0, 2)).toEqual([1.4, 0].map((v) => expect.closeTo(v, 6)));
  const angle = (4 * Math.PI) / 3;
  expect(at.slice(2, 4)).toEqual(
    [1.4 * Math.cos(angle), 1.4 * Math.sin(angle)].map((v) => expect.closeTo(v, 6)),
  );
  expect(() => built({ supervision: 'prior' }, labelled)).toThrow(
    'supervision: normal has no parts for classes; use prior mixture or swissRoll',
  );
});

test('with supervision of the decoder, a code is decoded as the class that it is said to be', () => {
  const { model, batch, phases } = built({ supervision: 'decoder' }, labelled);
  const z = input('z', [5, 2]);
  const decoded = (given: Int32Array) =>
    compute([model.decode(z, batch(5).labels)], { values: { z: new Float64Array(10), labels: given } })[0];
  expect(decoded(labels)).not.toEqual(decoded(labels.map(() => 0)));
  expect(() => model.decode(z)).toThrow(
    'labels: aae with supervision decoder needs the class of each sample',
  );
  // Neither codes nor the discriminator see the class.
  expect(() => phases[1].objective({ x: batch(5).x })).not.toThrow();
});

test('classes are needed where somebody is told them', () => {
  const needed = (supervision: string) =>
    requiresLabels(aae, optionsOf(aae, { supervision, prior: 'mixture' }));
  expect(['none', 'prior', 'decoder'].map(needed)).toEqual([false, true, true]);
});
