import { describe, expect, test } from 'vitest';
import { build, compute, optionsOf, pictures, termValue } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { constant, grad, input, randomNormal, softmax, type Tensor } from '../tensor/index.js';
import {
  aae,
  describeData,
  discriminator,
  fake,
  type Phase,
  real,
  requiresEveryLabel,
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
  const terms = phases.flatMap(({ objective }) =>
    Object.entries(objective({ ...batch(5), second: batch(5) })),
  );
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
  const kinds = ['none', 'prior', 'decoder', 'semi', 'cluster'];
  expect(kinds.map(needed)).toEqual([false, true, true, true, false]);
  const all = (supervision: string) =>
    requiresEveryLabel(aae, optionsOf(aae, { supervision, prior: 'mixture' }));
  expect(kinds.map(all)).toEqual([false, false, true, false, false]);
});

const partly = describeData(pictures(3, 4, 1), { size: 1000, classes: 3, hasUnknown: true });
const UNKNOWN_LABELS = Int32Array.of(0, -1, 2, -1, -1);

test('with supervision of the prior, not to know the class is a class of its own, drawn from the whole prior', () => {
  const { model, scope, terms } = built({ supervision: 'prior', prior: 'mixture' }, partly);
  expect(scope.variables.find(({ name }) => name.startsWith('discriminator.'))?.shape).toEqual([6, 5]);
  const told = (labels: Int32Array) =>
    compute([termValue(terms.discrimination)], { values: { x, labels } })[0];
  const [known, unknown] = [told(labels), told(UNKNOWN_LABELS)];
  for (const value of [...known, ...unknown]) expect(Number.isFinite(value)).toBe(true);
  expect(known[0]).toBe(unknown[0]);
  expect(known[1]).not.toBe(unknown[1]);
  const given = input('labels', [2000], 'int32');
  const draw = model.prior?.(2000, given).sample({ stream: 'prior' });
  const [z] = compute(draw ? [draw] : [], { values: { labels: new Int32Array(2000).fill(-1) } });
  // Three petals as often as each other: of each a third of the draws lies nearest to its centre.
  const counts = [0, 0, 0];
  for (let i = 0; i < 2000; i++) {
    const turn = Math.atan2(z[2 * i + 1], z[2 * i]) / ((2 * Math.PI) / 3);
    counts[(Math.round(turn) + 3) % 3]++;
  }
  for (const count of counts) expect(Math.abs(count / 2000 - 1 / 3)).toBeLessThan(0.05);
});

describe('the encoder that says classes', () => {
  const semi = (options = {}) => built({ supervision: 'semi', ...options }, partly);
  const slopesOf = (phase: Phase, { scope, batch }: ReturnType<typeof built>, labelsGiven: Int32Array) => {
    const second = { x: batch(5).x, labels: batch(5).labels };
    const [term] = Object.values(phase.objective({ ...batch(5), second })).slice(-1);
    const slopes = compute(grad(termValue(term).mean(), scope.variables), {
      values: { x, labels: labelsGiven },
    });
    return new Map(scope.variables.map(({ name }, i) => [name, Math.max(...slopes[i].map(Math.abs))]));
  };

  test('learns to in a phase of its own, which reaches the encoder alone, from labelled samples', () => {
    const model = semi();
    expect(model.model.secondBatch).toBe('labelled');
    expect(model.phases.map(({ name }) => name)).toEqual([
      'reconstruction',
      'discriminator',
      'generator',
      'classification',
    ]);
    const last = model.phases[3];
    const reached = slopesOf(last, model, labels);
    for (const [name, slope] of reached) {
      const isEncoder = /^(encoder|category)\./.test(name);
      expect(last.moves(name), name).toBe(isEncoder || name.startsWith('code.'));
      if (isEncoder) expect(slope, name).toBeGreaterThan(0);
      else expect(slope, name).toBe(0);
    }
    for (const slope of slopesOf(last, model, new Int32Array(5).fill(-1)).values()) expect(slope).toBe(0);
  });

  test('has a code of z and y, of which y sums to 1 and the prior’s is one class, the one that is asked for', () => {
    const { model, batch } = semi();
    expect(model.codeShape).toEqual([5]);
    const asked = input('labels', [5], 'int32');
    const draw = model.prior?.(5, asked).sample({ stream: 'prior' });
    const [code, drawn] = compute([model.encode(batch(5)), draw as Tensor], {
      values: { x, labels: UNKNOWN_LABELS },
    });
    for (let i = 0; i < 5; i++) {
      const y = code.slice(5 * i + 2, 5 * i + 5);
      expect(y.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
      const one = drawn.slice(5 * i + 2, 5 * i + 5);
      expect([...one].sort()).toEqual([0, 0, 1]);
      if (UNKNOWN_LABELS[i] >= 0) expect(one[UNKNOWN_LABELS[i]]).toBe(1);
    }
  });

  test('is told from draws of every class alike, and by a discriminator of its own', () => {
    const { model } = built({ supervision: 'cluster', clusters: 4 });
    const draw = model.prior?.(4000).sample({ stream: 'prior' });
    const [codes] = compute(draw ? [draw] : []);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 4000; i++) for (const k of counts.keys()) if (codes[6 * i + 2 + k] === 1) counts[k]++;
    expect(counts.reduce((sum, count) => sum + count)).toBe(4000);
    for (const count of counts) expect(Math.abs(count / 4000 - 1 / 4)).toBeLessThan(0.03);
  });

  test('reports −log p(y|x) of the samples whose class is known, and 0 for the others', () => {
    const { model, batch } = semi();
    const { classification } = model.objective(batch(5));
    const scores = model.classifier?.logits(batch(5));
    if (!scores) throw new Error('semi: there is a classifier');
    const [costs, probs] = compute([termValue(classification), softmax(scores)], {
      values: { x, labels: UNKNOWN_LABELS },
    });
    costs.forEach((cost, i) => {
      const label = UNKNOWN_LABELS[i];
      expect(cost).toBeCloseTo(label < 0 ? 0 : -Math.log(probs[3 * i + label]), 12);
    });
    // Data without any classes are read by such a model too.
    expect(() => model.objective({ x: batch(5).x })).not.toThrow();
  });

  test('finds as many clusters as are asked for, without classes', () => {
    const { model, phases } = built({ supervision: 'cluster' });
    expect(model.codeShape).toEqual([2 + 16]);
    expect(model.classifier?.of).toBe('clusters');
    expect(phases).toHaveLength(3);
    expect(() => built({ clusters: 4 })).toThrow(
      'clusters: has no effect with supervision none; leave it out',
    );
  });
});
