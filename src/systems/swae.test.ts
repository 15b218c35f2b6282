import { expect, test } from 'vitest';
import { build, compute, optionsOf, pictures, termValue } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { codePrior, slicedDistance } from '../probability/index.js';
import { grad, input, step } from '../tensor/index.js';
import { describeData, swae, toWeighted } from './index.js';

const data = describeData(pictures(3, 4, 1), { size: 1000 });
const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const x = Uint8Array.from({ length: 60 }, (_, i) => (i * 89) % 256);

test('the distance is that of this batch’s codes from fresh draws, at 10 per number of a sample', () => {
  for (const prior of ['normal', 'ring', 'disk', 'square'] as const) {
    const { model, batch } = build(swae, data, { ...small, prior, projections: 7 });
    const terms = model.objective(batch(5));
    expect(toWeighted(terms.slicedDistance)).toMatchObject({ weight: 120, role: 'penalty' });
    const drawn = codePrior(prior, [5, 2]).sample({ stream: 'prior' });
    const expected = slicedDistance(model.encode(batch(5)), drawn, { projections: 7 });
    const [value, wanted] = compute([termValue(terms.slicedDistance), expected], { values: { x } });
    expect(value).toEqual(wanted);
    expect(model.prior?.(3).sample({ stream: 'prior' }).shape).toEqual([3, 2]);
  }
});

test('the distance moves the encoder and never the decoder', () => {
  const { model, batch, scope } = build(swae, data, small);
  const slopes = compute(grad(termValue(model.objective(batch(5)).slicedDistance), scope.variables), {
    values: { x },
  });
  scope.variables.forEach(({ name }, i) => {
    const largest = Math.max(...slopes[i].map(Math.abs));
    if (name.startsWith('decoder.')) expect(largest, name).toBe(0);
    if (name.endsWith('weight') && !name.startsWith('decoder.')) expect(largest, name).toBeGreaterThan(0);
  });
});

test('in training λ grows by a tenth with each epoch from the tenth to the thirtieth, and nowhere else', () => {
  const scope = new VariableTable().scope({
    training: true,
    clock: { step: step().cast('float32'), totalSteps: 1000, stepsPerEpoch: 2.5 },
  });
  const model = swae.build(data, optionsOf(swae, small) as Parameters<typeof swae.build>[1], scope);
  const { ramp } = toWeighted(model.objective({ x: input('x', [5, 3, 4, 1]) }).slicedDistance);
  if (!ramp) throw new Error('the weight grows');
  const at = (epoch: number) => compute([ramp], { step: Math.ceil(epoch * 2.5) })[0][0];
  for (const epoch of [0, 5, 10]) expect(at(epoch)).toBeCloseTo(1, 6);
  expect(at(11)).toBeCloseTo(1.1, 6);
  expect(at(20)).toBeCloseTo(1.1 ** 10, 5);
  for (const epoch of [30, 31, 300]) expect(at(epoch)).toBeCloseTo(1.1 ** 20, 5);
  const evaluated = build(swae, data, small, { training: false });
  expect(toWeighted(evaluated.model.objective(evaluated.batch(5)).slicedDistance).ramp).toBeUndefined();
});

test('a prior in the plane makes codes of length 2, and refuses another length', () => {
  expect(build(swae, data, { ...small, latent: undefined, prior: 'ring' }).model.codeShape).toEqual([2]);
  expect(() => build(swae, data, { ...small, latent: 8, prior: 'disk' })).toThrow(
    'prior: disk is a shape of codes of length 2, but latent is 8; leave latent out or use normal',
  );
});

test('batches too small to be compared by rank are refused', () => {
  const given = { options: swae.options.parse({}), data, run: { batchSize: 16, isLengthGiven: false } };
  expect(() => swae.require?.(given)).toThrow(
    'batchSize: swae sorts the codes of a batch and needs 64 samples or more; 16 were asked for',
  );
});
