import { expect, test } from 'vitest';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import { initialValues, type Values } from '../engine/index.js';
import { VariableTable } from '../nn/index.js';
import { DiagonalNormal, kl, NormalChain } from '../probability/index.js';
import { constant, grad, step, type Tensor, topologicalOrder, Variable } from '../tensor/index.js';
import { describeData, hierarchicalVae, toWeighted, vae } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 10 });
const small = { architecture: 'mlp', hidden: [6], groupHidden: [5], latents: [2, 3, 4] };
const x = Uint8Array.from({ length: 48 }, (_, i) => (i * 89) % 256);
const inferences = ['topDown', 'bottomUp', 'ladder'] as const;

const isOfEncoder = (name: string) => /^(encoder|mean|logVar|posterior|up|combine)/.test(name);

function chainOf(posterior: unknown): NormalChain {
  if (!(posterior instanceof NormalChain)) throw new Error('hierarchical-vae: codes come in a chain');
  return posterior;
}

const isZero = (g: Tensor) => g.is('broadcastTo') && g.inputs[0] === constant(0);

test('the terms are the reconstruction and the KL of every group, one number per sample each', () => {
  for (const inference of inferences) {
    const { model, batch } = build(hierarchicalVae, data, { ...small, inference });
    const terms = model.objective(batch(4));
    expect(Object.keys(terms)).toEqual(['reconstruction', 'kl1', 'kl2', 'kl3']);
    for (const values of compute(Object.values(terms).map(termValue), { values: { x } }))
      expect(values.length).toBe(4);
    // Free bits count by group.
    expect(toWeighted(terms.kl2).coordinates?.shape).toEqual([4, 1]);
    expect(model.codeShape).toEqual([9]);
    expect(model.encode(batch(4)).shape).toEqual([4, 9]);
    expect(model.decode(model.encode(batch(4))).shape).toEqual([4, 3, 4, 1]);
    expect(model.prior?.(7).sample({ stream: 'prior' }).shape).toEqual([7, 9]);
  }
});

test('with one group, every inference is the VAE, with the sampled KL from the bottom up', () => {
  const one = { architecture: 'mlp', hidden: [6] };
  for (const inference of inferences) {
    const form = inference === 'bottomUp' ? 'sampled' : 'analytic';
    const [ours, theirs] = [
      build(hierarchicalVae, data, { ...one, latents: [3], inference }),
      build(vae, data, { ...one, latent: 3, kl: form }),
    ].map(({ model, batch, scope }) => {
      const terms = Object.values(model.objective(batch(4))).map(termValue);
      const loss = terms.reduce((sum, term) => sum.add(term)).mean();
      const weights = [...scope.variables].sort((a, b) => (a.name < b.name ? -1 : 1));
      const values = compute([...terms, ...grad(loss, weights)], { values: { x }, seed: 3, step: 7 });
      return { names: weights.map(({ name }) => name), values };
    });
    expect(ours.names).toEqual(theirs.names);
    ours.values.forEach((list, i) => {
      list.forEach((value, j) => {
        expect(Math.abs(value - theirs.values[i][j])).toBeLessThan(1e-10);
      });
    });
  }
});

test('the sum of the terms is what posterior, prior and likelihood make by themselves', () => {
  for (const inference of inferences) {
    const { model, batch } = build(hierarchicalVae, data, { ...small, inference });
    const { reconstruction, ...kls } = model.objective(batch(4));
    const q = chainOf(model.posterior?.(batch(4)));
    const z = q.rsample();
    const prior = model.prior?.(4);
    const roots = [
      termValue(reconstruction),
      model.likelihood?.(z).nll(batch(4).x) ?? constant(0),
      Object.values(kls)
        .map(termValue)
        .reduce((a, b) => a.add(b)),
      q.logProb(z).sub(prior?.logProb?.(z) ?? constant(0)),
    ];
    const [nll, other, total, sampled] = compute(roots, { values: { x }, seed: 5 });
    nll.forEach((value, i) => {
      expect(value).toBeCloseTo(other[i], 10);
      if (inference === 'bottomUp') expect(total[i]).toBeCloseTo(sampled[i], 10);
    });
  }
});

test('the closed KLs agree in the mean with log q − log p of the draws', () => {
  const draws = 4000;
  for (const inference of ['topDown', 'ladder']) {
    const { model, batch } = build(hierarchicalVae, data, { ...small, inference });
    const q = chainOf(model.posterior?.(batch(1)));
    const p = chainOf(model.prior?.(1));
    const { codes, conditionals } = q.draw({ draws });
    const priors = p.conditionals(codes);
    const closed = conditionals.map((normal, group) => kl(normal, priors[group])).reduce((a, b) => a.add(b));
    const z = q.rsample({ draws });
    const [differences] = compute([closed.sub(q.logProb(z).sub(p.logProb(z)).reshape([draws]))], {
      values: { x: x.slice(0, 12) },
      seed: 2,
    });
    const mean = differences.reduce((sum, value) => sum + value, 0) / draws;
    const squares = differences.reduce((sum, value) => sum + value ** 2, 0) / draws;
    expect(squares).toBeGreaterThan(0.01);
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(squares / draws));
  }
});

/** Initial values with some variables set to a constant. */
function valuesWith(table: VariableTable, set: (name: string) => number | undefined): Record<string, Values> {
  const initial = initialValues(table.variables.values(), 1);
  return Object.fromEntries(
    Array.from(initial, ([name, values]) => {
      const value = set(name);
      return [name, value === undefined ? values : new Float64Array(values.length).fill(value)];
    }),
  );
}

test('posteriors that are the priors cost nothing, in any group', () => {
  for (const inference of ['topDown', 'bottomUp']) {
    const { model, batch, table } = build(hierarchicalVae, data, { ...small, inference });
    const { reconstruction, ...kls } = model.objective(batch(4));
    const values = valuesWith(table, (name) => {
      if (/^(mean|logVar)\./.test(name)) return 0;
      const head = /^(posterior|prior)(\d)\.(mean|logVar)\.(weight|bias)$/.exec(name);
      if (!head) return undefined;
      const [, , group, what, part] = head;
      if (part === 'weight') return 0;
      return (what === 'mean' ? 0.7 : -0.4) * Number(group);
    });
    for (const list of compute(Object.values(kls).map(termValue), { values: { ...values, x } }))
      for (const value of list) expect(value).toBeCloseTo(0, 12);
    expect(toWeighted(reconstruction).weight).toBe(1);
  }
});

test('in a ladder, an estimate that knows nothing leaves the prior, and an exact one decides', () => {
  const { model, batch, table } = build(hierarchicalVae, data, {
    ...small,
    inference: 'ladder',
    logVarBound: 0,
  });
  const terms = model.objective(batch(4));
  const withLogVar = (logVar: number) =>
    valuesWith(table, (name) => {
      if (/^(posterior\d\.)?logVar\.weight$/.test(name)) return 0;
      return /^posterior\d\.logVar\.bias$/.test(name) ? logVar : undefined;
    });
  const [kl2, kl3] = compute([termValue(terms.kl2), termValue(terms.kl3)], {
    values: { ...withLogVar(60), x },
  });
  for (const value of [...kl2, ...kl3]) expect(value).toBeCloseTo(0, 12);
  const q = chainOf(model.posterior?.(batch(4)));
  const { conditionals } = q.draw();
  const [variance] = compute([conditionals[2].logVar.exp()], { values: { ...withLogVar(-60), x } });
  for (const value of variance) expect(value).toBeLessThan(1e-20);
});

test('every KL of a ladder moves the way up and the way down', () => {
  const { model, batch, scope } = build(hierarchicalVae, data, { ...small, inference: 'ladder' });
  const { kl3 } = model.objective(batch(4));
  const gradients = grad(termValue(kl3).mean(), scope.variables);
  const reached = new Set(
    scope.variables.filter((_, i) => !isZero(gradients[i])).map(({ name }) => name.split('.')[0]),
  );
  for (const name of ['encoder', 'posterior3', 'prior3', 'down3', 'down2', 'mean'])
    expect(reached).toContain(name);
  expect(reached).not.toContain('decoder');
});

test('new samples are made by the generative networks alone', () => {
  for (const inference of inferences) {
    const { model, batch, scope } = build(hierarchicalVae, data, { ...small, inference });
    model.objective(batch(4));
    const prior = chainOf(model.prior?.(4));
    const generated = model.decode(prior.rsample({ stream: 'prior' }));
    const seen = new Set(
      topologicalOrder([generated]).flatMap((node) => (node instanceof Variable ? [node.name] : [])),
    );
    for (const name of seen) expect(isOfEncoder(name), name).toBe(false);
    // And all of them, but for what only a group's likelihood has.
    const generative = scope.variables.filter(({ name }) => !isOfEncoder(name)).map(({ name }) => name);
    expect([...seen].sort()).toEqual(generative.sort());
  }
});

test('from the bottom up a group is inferred from the one below it, and the sample is made of the last', () => {
  const { model } = build(hierarchicalVae, data, { ...small, inference: 'bottomUp' });
  const prior = chainOf(model.prior?.(1));
  const [top, middle, bottom] = prior.draw().codes;
  // Given the group above, a prior does not depend on those further up; the top-down one does.
  const [, , below] = prior.conditionals([top, middle.stopGradient(), bottom]);
  expect(isZero(grad(below.mean.sum(), [top])[0])).toBe(true);
  const topDown = chainOf(build(hierarchicalVae, data, small).model.prior?.(1));
  const [first, second, third] = topDown.draw().codes;
  const [, , last] = topDown.conditionals([first, second.stopGradient(), third]);
  expect(isZero(grad(last.mean.sum(), [first])[0])).toBe(false);
});

test('the KL is paid for from nothing to all of it over the warm-up, and in evaluation it counts in full', () => {
  const rampOf = (given: Record<string, unknown>, totalSteps: number, at: number) => {
    const clock = { step: step().cast('float32'), totalSteps, stepsPerEpoch: 10 };
    const scope = new VariableTable().scope({ training: true, clock });
    const options = hierarchicalVae.options.parse({ ...small, ...given });
    const { batch } = build(hierarchicalVae, data, small);
    const { kl1 } = hierarchicalVae.build(data, options, scope).objective(batch(2));
    return compute([toWeighted(kl1).ramp ?? constant(-1)], { step: at })[0][0];
  };
  expect(rampOf({ warmupSteps: 200 }, 1000, 0)).toBe(0);
  expect(rampOf({ warmupSteps: 200 }, 1000, 50)).toBeCloseTo(0.25, 12);
  expect(rampOf({ warmupSteps: 200 }, 1000, 500)).toBe(1);
  expect(rampOf({ warmupSteps: 0 }, 1000, 0)).toBe(1);
  // Unsaid: 10,000 steps, and of a short run three tenths.
  expect(rampOf({}, 100_000, 5000)).toBeCloseTo(0.5, 12);
  expect(rampOf({}, 1000, 150)).toBeCloseTo(0.5, 12);
  const { model, batch } = build(hierarchicalVae, data, small, { training: false });
  const { ramp: atRest } = toWeighted(model.objective(batch(2)).kl1);
  expect(compute([atRest ?? constant(-1)])[0][0]).toBe(1);
});

test('a prior’s first group is standard normal', () => {
  const { model } = build(hierarchicalVae, data, small);
  const [first] = chainOf(model.prior?.(2)).draw().conditionals;
  expect(first).toBeInstanceOf(DiagonalNormal);
  expect(compute([first.mean, first.logVar])).toEqual([new Array(4).fill(0), new Array(4).fill(0)]);
});

test('a hierarchy without groups is refused', () => {
  expect(() => hierarchicalVae.options.parse({ latents: [] })).toThrow('a hierarchy has at least one group');
});
