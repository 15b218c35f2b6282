import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, optionsOf, toy } from '../conformance/models.js';
import { type Layer, linear } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { vae } from '../systems/index.js';
import { attributeDirection, movedCodes } from './latentDirections.js';
import { ModelRunner } from './runner.js';
import { TrainedModel } from './trainedModel.js';

const COUNT = 400;
const noise = new RandomStream(5, 'codes').normal(new Float32Array(COUNT * 3));
const has = Array.from({ length: COUNT }, (_, i) => Number(i % 5 < 2));

test('with a linear decoder that undoes the encoder, an edit adds the mean difference of the samples themselves', async () => {
  const identity: Layer = () => (t) => t;
  const x = noise.map((value, i) => value + has[Math.floor(i / 3)] * ((i % 3) + 1));
  const { data } = toy(numericTable(3), x);
  const engine = engines[0].create();
  const options = optionsOf(vae, { encoder: identity, decoder: linear(3), latent: 3, sigma: 'fixed' });
  const model = new TrainedModel(new ModelRunner({ system: vae, options, data, engine }));
  // A shear and its inverse.
  const values = {
    'mean.weight': Float32Array.of(1, 2, 0, 0, 1, -3, 0, 0, 2),
    'mean.bias': Float32Array.of(0.5, 0, -1),
    'decoder.weight': Float32Array.of(1, -2, -3, 0, 1, 1.5, 0, 0, 0.5),
    'decoder.bias': Float32Array.of(-0.5, 1, 0),
  };
  await engine.variables.write(new Map(Object.entries(values)));
  const codes = await model.vectors({ x });
  const { direction } = attributeDirection(codes, { size: 3, has });
  const strengths = [-1.5, 0, 1];
  const edited = await model.decode(await model.quantise(movedCodes(codes, direction, strengths)));
  const mean = (kind: number, j: number) => {
    const rows = has.flatMap((each, i) => (each === kind ? [x[3 * i + j]] : []));
    return rows.reduce((sum, value) => sum + value, 0) / rows.length;
  };
  const plain = await model.decode(codes);
  for (let i = 0; i < COUNT; i++)
    for (const [s, strength] of strengths.entries())
      for (let j = 0; j < 3; j++)
        expect(edited[(3 * i + s) * 3 + j] - plain[3 * i + j]).toBeCloseTo(
          strength * (mean(1, j) - mean(0, j)),
          4,
        );
});

test('the direction of shuffled labels is no longer than chance makes it, and that of true ones is', () => {
  const codes = noise.map((value, i) => value + (i % 3 === 0 ? has[Math.floor(i / 3)] : 0));
  const lengthOf = (labels: readonly number[]) =>
    Math.hypot(...attributeDirection(codes, { size: 3, has: labels }).direction);
  const shuffled = (step: number) => {
    const keys = new RandomStream(8, 'shuffle').uniform(new Float32Array(COUNT), step);
    return [...has.keys()].sort((i, j) => keys[i] - keys[j]).map((i) => has[i]);
  };
  const chance = Array.from({ length: 199 }, (_, step) => lengthOf(shuffled(step + 1))).sort((p, q) => p - q);
  const fromShuffled = lengthOf(shuffled(0));
  expect(fromShuffled).toBeLessThan(chance[197]);
  expect(fromShuffled).toBeGreaterThan(chance[1]);
  expect(lengthOf(has)).toBeGreaterThan(2 * chance[198]);
});

test('what goes along with an attribute goes into its direction, unless the cells are balanced', () => {
  // Cell 1 has the attribute three times in four, cell 0 once in four; the cell itself moves the second coordinate by 8.
  const samples = [0, 1].flatMap((cell) =>
    [0, 1].flatMap((kind) => new Array(kind === cell ? 3 : 1).fill({ cell, kind })),
  ) as { cell: number; kind: number }[];
  const codes = Float32Array.from(samples.flatMap(({ cell, kind }) => [2 * kind, 8 * cell]));
  const kinds = samples.map(({ kind }) => kind);
  expect([...attributeDirection(codes, { size: 2, has: kinds }).direction]).toEqual([2, 4]);
  const cells = samples.map(({ cell }) => cell);
  expect(attributeDirection(codes, { size: 2, has: kinds, cells })).toEqual({
    direction: Float32Array.of(2, 0),
    with: 4,
    without: 4,
    cells: 2,
  });
});

test('samples of neither kind, and cells with one kind alone, do not count', () => {
  const codes = Float32Array.of(1, 100, 4, 7, 50);
  expect(attributeDirection(codes, { size: 1, has: [1, -1, 0, 1, 1], cells: [0, 0, 0, 1, 0] })).toEqual({
    direction: Float32Array.of(25.5 - 4),
    with: 2,
    without: 1,
    cells: 1,
  });
  expect(() => attributeDirection(codes, { size: 1, has: [1, 1, 1, 1, 1] })).toThrow(
    'label: there are no samples with and without the attribute',
  );
  expect(() => attributeDirection(codes, { size: 1, has: [1, 1, 0, 1, 1], cells: [0, 1, 2, 3, 4] })).toThrow(
    'balance: there are no samples with and without the attribute that are alike in all of these; balance fewer',
  );
});

test('an analogy ends where the difference of two codes leads from a third', () => {
  const [za, zb, zc] = [Float32Array.of(1, 2), Float32Array.of(4, 0), Float32Array.of(-1, -1)];
  const difference = zb.map((value, i) => value - za[i]);
  expect([...movedCodes(zc, difference, [0, 1])]).toEqual([-1, -1, 2, -3]);
});
