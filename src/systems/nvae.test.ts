import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, termValue, valuesOn } from '../conformance/models.js';
import { VariableTable, withNorms } from '../nn/index.js';
import { kl, NormalChain } from '../probability/index.js';
import { constant, grad, sizeOf, step, type Tensor, topologicalOrder, Variable } from '../tensor/index.js';
import { describeData, nvae, toWeighted } from './index.js';

const grey = describeData(pictures(6, 5, 1), { size: 40 });
const colour = describeData(pictures(4, 4, 3), { size: 40 });
const small = { channels: 4, latentChannels: 2, halvings: 1, groups: [1, 2] };
const BATCH = 3;
const x = Uint8Array.from({ length: BATCH * 30 }, (_, i) => (i * 89) % 256);

function chainOf(posterior: unknown): NormalChain {
  if (!(posterior instanceof NormalChain)) throw new Error('nvae: codes come in a chain');
  return posterior;
}

const groupsOf = (terms: Record<string, unknown>) =>
  Object.keys(terms).filter((name) => /^kl\d+$/.test(name));

test('the terms are the reconstruction, the KL of every group, and the penalties on weights', () => {
  const { model, batch } = build(nvae, grey, small);
  const terms = model.objective(batch(BATCH));
  expect(Object.keys(terms)).toEqual(['reconstruction', 'kl1', 'kl2', 'kl3', 'spectralNorms', 'normGains']);
  for (const name of ['reconstruction', ...groupsOf(terms)])
    expect(termValue(terms[name]).shape).toEqual([BATCH]);
  for (const name of ['spectralNorms', 'normGains'])
    expect(toWeighted(terms[name])).toMatchObject({ role: 'penalty', weight: 0.01 });
  // Padded to 8 × 8: the top map is 2 × 2, the one below 4 × 4 with two groups, in 2 channels each.
  expect(model.codeShape).toEqual([8 + 32 + 32]);
  expect(model.decode(model.encode(batch(BATCH))).shape).toEqual([BATCH, 6, 5, 1]);
  expect(model.prior?.(2).sample({ stream: 'prior' }).shape).toEqual([2, 72]);
});

test('the terms are what posterior, prior and likelihood make by themselves', () => {
  const { model, batch } = build(nvae, grey, small, { training: false });
  const terms = model.objective(batch(BATCH));
  const q = chainOf(model.posterior?.(batch(BATCH)));
  const p = chainOf(model.prior?.(BATCH));
  const { codes, conditionals } = q.draw();
  const divergences = p.conditionals(codes).map((normal, group) => kl(conditionals[group], normal));
  const nll = model.likelihood?.(q.rsample()).nll(batch(BATCH).x) ?? constant(0);
  const roots = [termValue(terms.reconstruction), nll];
  for (const [i, name] of groupsOf(terms).entries()) roots.push(termValue(terms[name]), divergences[i]);
  const values = compute(roots, { values: { x }, seed: 4 });
  for (let i = 0; i < values.length; i += 2)
    values[i].forEach((value, b) => {
      expect(value).toBeCloseTo(values[i + 1][b], 9);
    });
});

test('with one group, the bound is a VAE’s: a code near N(0, I), and what it explains', () => {
  const { model, batch } = build(nvae, grey, { ...small, scales: 1, groups: [1] }, { training: false });
  const { reconstruction, kl1 } = model.objective(batch(BATCH));
  const [q] = chainOf(model.posterior?.(batch(BATCH))).draw().conditionals;
  const nll = model.likelihood?.(q.rsample()).nll(batch(BATCH).x) ?? constant(0);
  // KL(N(m, e^s) ‖ N(0, I)), as a VAE has it.
  const closed = q.mean.square().add(q.logVar.exp()).sub(q.logVar).sub(1).sum(1).mul(0.5);
  const [a, b, c, d] = compute([termValue(reconstruction), nll, termValue(kl1), closed], {
    values: { x },
    seed: 4,
  });
  a.forEach((value, i) => {
    expect(value).toBeCloseTo(b[i], 10);
    expect(c[i]).toBeCloseTo(d[i], 10);
  });
});

test('the picture reaches the way down only through the codes', () => {
  const { model, batch, scope } = build(nvae, grey, small);
  model.objective(batch(BATCH));
  const drawn = chainOf(model.prior?.(BATCH)).rsample({ stream: 'prior' });
  const seen = topologicalOrder([model.decode(drawn)]);
  expect(seen.some((node) => node.is('input'))).toBe(false);
  const names = new Set(seen.flatMap((node) => (node instanceof Variable ? [node.name] : [])));
  for (const name of names) expect(name).toMatch(/^decoder\./);
  // The generative half moves with the reconstruction and the KLs, and nothing of it is left aside.
  const generative = scope.variables.filter(
    ({ name, trainable }) => trainable && name.startsWith('decoder.'),
  );
  expect(generative.filter(({ name }) => !names.has(name)).map(({ name }) => name)).toEqual([]);
});

test('what is drawn around the picture costs nothing', () => {
  const { model, batch } = build(nvae, grey, small);
  const loss = termValue(model.objective(batch(BATCH)).reconstruction).sum();
  const framed = topologicalOrder([loss]).filter(({ shape }) => shape.join() === `${BATCH},8,8,1`);
  const logits = framed[framed.length - 1];
  const [gradient] = compute(grad(loss, [logits]), { values: { x }, seed: 1 });
  gradient.forEach((g, i) => {
    const [row, column] = [Math.floor(i / 8) % 8, i % 8];
    // 8 − 6 rows, one on either side; 8 − 5 columns, one before and two behind.
    const isOutside = row < 1 || row >= 7 || column < 1 || column >= 6;
    if (isOutside) expect(g).toBe(0);
    else expect(g).not.toBe(0);
  });
});

/** Weights of the KL terms in force at a step of a run of 1000. */
function weightsAt(at: number, given: Record<string, unknown> = {}) {
  const clock = { step: step().cast('float32'), totalSteps: 1000, stepsPerEpoch: 10 };
  const scope = new VariableTable().scope({ training: true, clock });
  const model = nvae.build(grey, nvae.options.parse({ ...small, ...given }), scope);
  const terms = model.objective(build(nvae, grey, small).batch(BATCH));
  const groups = groupsOf(terms).map((name) => toWeighted(terms[name]));
  const ramps = groups.map(({ ramp }) => ramp ?? constant(Number.NaN));
  const values = compute([...ramps, ...groups.map(({ value }) => value)], { values: { x }, step: at });
  const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  return { ramps: values.slice(0, 3).map(([ramp]) => ramp), kls: values.slice(3).map(mean) };
}

test('during the warm-up groups are balanced around its weight; then every KL counts as it is', () => {
  const { ramps, kls } = weightsAt(150);
  expect(ramps.reduce((a, b) => a + b, 0) / 3).toBeCloseTo(0.5, 12);
  // One group of 2 × 2 and two of 4 × 4: sizes 1 and 4 / 2, over the smallest.
  const shares = kls.map((nats, group) => (nats + 0.01) / [1, 2, 2][group]);
  ramps.forEach((ramp, group) => {
    expect(ramp / ramps[0]).toBeCloseTo(shares[group] / shares[0], 9);
  });
  expect(weightsAt(0).ramps.reduce((a, b) => a + b, 0) / 3).toBeCloseTo(1e-4, 12);
  expect(weightsAt(300).ramps).toEqual([1, 1, 1]);
  expect(weightsAt(150, { balance: false }).ramps).toEqual([0.5, 0.5, 0.5]);
  const { model, batch } = build(nvae, grey, small, { training: false });
  const terms = model.objective(batch(BATCH));
  for (const name of groupsOf(terms)) {
    const { ramp, weight } = toWeighted(terms[name]);
    expect(compute([ramp ?? constant(-1)], { values: { x } })).toEqual([[1]]);
    expect(weight).toBe(1);
  }
});

test('the penalties are on every convolution and every normalisation, and on nothing else', () => {
  const { model, batch, scope } = build(nvae, grey, small);
  const { spectralNorms, normGains } = model.objective(batch(BATCH));
  const kernels = scope.variables.filter(({ trainable, rank }) => trainable && rank === 4);
  const gains = scope.variables.filter(({ name }) => name.endsWith('.gain'));
  const kept = scope.variables.filter(({ name }) => name.startsWith('spectral.'));
  expect(kept.map(({ name }) => name.slice('spectral.'.length, -'.u'.length))).toEqual(
    kernels.map(({ name }) => name.slice(0, -'.weight'.length)),
  );
  for (const { trainable } of kept) expect(trainable).toBe(false);
  for (const variable of kept) expect(scope.updates.has(variable)).toBe(true);
  // Gains begin at 1.
  expect(compute([termValue(normGains)])[0][0]).toBe(gains.length);
  const trained = scope.variables.filter(({ trainable }) => trainable);
  const touched = (term: Tensor) =>
    compute(grad(term, trained)).flatMap((g, i) => (g.some((value) => value !== 0) ? [trained[i].name] : []));
  const lengths = trained.filter(({ name }) => name.endsWith('.logNorm')).map(({ name }) => name);
  const reached = touched(termValue(spectralNorms));
  for (const name of reached) expect(name).toMatch(/\.(weight|logNorm)$/);
  for (const name of lengths) expect(reached).toContain(name);
  expect(touched(termValue(normGains)).sort()).toEqual(gains.map(({ name }) => name).sort());
});

test('the norms that are paid for are right from the first step on', () => {
  const { model, batch, scope } = build(nvae, grey, small);
  model.objective(batch(BATCH));
  const weights = scope.variables.filter(({ trainable, rank }) => trainable && rank === 4);
  const byName = new Map(scope.variables.map((variable) => [variable.name, variable]));
  for (const weight of weights.slice(0, 6)) {
    const path = weight.name.slice(0, -'.weight'.length);
    const [u, logNorm] = [byName.get(`spectral.${path}.u`), byName.get(`${path}.logNorm`)];
    if (!u) throw new Error(`${path} has no vector of power iterations`);
    const matrix = (logNorm ? withNorms(weight, logNorm) : weight).reshape([-1, weight.shape[3]]);
    const gram = matrix.swapLastAxes().matmul(matrix);
    // Where u has converged, one more iteration makes it no longer.
    const stretch = (v: Tensor) => gram.matmul(v).square().sum().div(v.square().sum()).sqrt();
    const start = u.reshape([u.size, 1]);
    let later = start;
    for (let i = 0; i < 60; i++) later = gram.matmul(later).div(stretch(later));
    const [[first], [last]] = compute([stretch(start), stretch(later)]);
    expect(Math.abs(first / last - 1), path).toBeLessThan(0.01);
  }
});

test('the top prior is N(0, I), and of deviation 1.01 with the reference’s quirks', () => {
  const deviationOf = (referenceQuirks: boolean) => {
    const { model } = build(nvae, grey, { ...small, referenceQuirks });
    return compute([chainOf(model.prior?.(1)).draw().conditionals[0].deviation])[0][0];
  };
  expect(deviationOf(false)).toBe(1);
  expect(deviationOf(true)).toBeCloseTo(1.01, 12);
});

test('colours have a mixture of logistics, unless another likelihood is asked for', () => {
  /** Channels that the way down ends in, where the likelihood gives finite numbers. */
  const channelsWith = (options: Record<string, unknown>) => {
    const { model, batch, scope } = build(nvae, colour, { ...small, ...options });
    const terms = model.objective(batch(2));
    const bytes = Uint8Array.from({ length: 2 * sizeOf(colour.shape) }, (_, i) => (i * 37) % 256);
    for (const value of compute([termValue(terms.reconstruction)], { values: { x: bytes } })[0])
      expect(Number.isFinite(value)).toBe(true);
    const last = scope.variables.filter(({ name }) => /^decoder\.picture\.\d+\.bias$/.test(name));
    return last.map(({ shape }) => shape[0]);
  };
  expect(channelsWith({})).toEqual([100]);
  expect(channelsWith({ likelihood: 'logistic' })).toEqual([3]);
  expect(channelsWith({ sigma: 'optimal' })).toEqual([3]);
});

test('what cannot be built or trained is refused in a sentence', () => {
  const table = describeData(numericTable(3), { size: 40 });
  expect(() => build(nvae, table, small)).toThrow(
    'system: nvae takes pictures, but the data are tables; use hierarchical-vae',
  );
  expect(() => build(nvae, grey, { ...small, scales: 3 })).toThrow(
    'groups: gives 2 numbers of groups for 3 scales; give as many numbers as scales, from the top',
  );
  const requirement = (batchSize: number, given = {}) => ({
    options: nvae.options.parse({ ...small, ...given }),
    data: grey,
    run: { batchSize, isLengthGiven: false },
  });
  expect(() => nvae.require?.(requirement(8))).toThrow(
    'batchSize: nvae balances its groups by their mean KL over the batch and needs 16 samples or more; 8 were asked for',
  );
  expect(() => nvae.require?.(requirement(8, { balance: false }))).not.toThrow();
  expect(() => nvae.require?.(requirement(16))).not.toThrow();
});

test.each([
  // Normalising over three samples and few positions magnifies float32's rounding.
  { statistics: 'of three samples', training: true, tolerance: 1e-3 },
  { statistics: 'that are fixed', training: false, tolerance: 1e-5 },
])(
  'ONNX Runtime and the native engine give the terms and gradients of the reference, with statistics $statistics',
  async ({ training, tolerance }) => {
    const { model, batch, scope } = build(nvae, grey, { ...small, scales: 1, groups: [2] }, { training });
    const terms = model.objective(batch(BATCH));
    const loss = Object.values(terms)
      .map((term) => termValue(term).mean())
      .reduce((sum, term) => sum.add(term));
    const trained = scope.variables.filter(({ trainable }) => trainable);
    const outputs: Record<string, Tensor> = { loss };
    for (const [name, term] of Object.entries(terms)) outputs[name] = termValue(term);
    for (const [i, g] of grad(loss, trained).entries()) outputs[trained[i].name] = g;
    const on = (engine: (typeof engines)[number]) =>
      valuesOn(engine.create(), outputs, { feeds: { x }, seed: 6, firstStep: 2 });
    const expected = await on(engines[0]);
    const others = [
      'onnx on onnxruntime-node',
      engines.findLast(({ name }) => name.startsWith('native'))?.name,
    ];
    for (const engine of engines.filter(({ name }) => others.includes(name))) {
      const values = await on(engine);
      for (const [name, list] of Object.entries(values)) {
        const largest = Math.max(1e-2, ...Array.from(expected[name], Math.abs));
        list.forEach((value, i) => {
          expect(Math.abs(value - expected[name][i]), `${name} on ${engine.name}`).toBeLessThan(
            tolerance * largest,
          );
        });
      }
    }
  },
);
