import { expect, test } from 'vitest';
import { evaluate, initialValues } from '../engine/index.js';
import { input, zeros } from '../tensor/index.js';
import { squeezeExcite, VariableTable } from './index.js';

function built(channels: number) {
  const scope = new VariableTable().scope({ training: true });
  const x = input('x', [2, 3, 4, channels]);
  const y = squeezeExcite(scope)(x);
  return { scope, y, initial: Object.fromEntries(initialValues(scope.variables, 1)) };
}

test('each channel of a sample has one factor between 0 and 1, made of the means of all channels', () => {
  const { y, initial } = built(6);
  const x = Float64Array.from({ length: 144 }, (_, i) => Math.sin(i) + 2);
  const [out] = evaluate([y], { values: { ...initial, x } });
  // The layer itself, in plain loops.
  const { '0.weight': w1, '2.weight': w2 } = initial;
  for (let b = 0; b < 2; b++) {
    const means = Array.from({ length: 6 }, (_, c) => {
      let sum = 0;
      for (let p = 0; p < 12; p++) sum += x[b * 72 + p * 6 + c];
      return sum / 12;
    });
    const hidden = Array.from({ length: 4 }, (_, k) =>
      Math.max(
        0,
        means.reduce((sum, m, c) => sum + m * w1[c * 4 + k], 0),
      ),
    );
    for (let c = 0; c < 6; c++) {
      const a = hidden.reduce((sum, h, k) => sum + h * w2[k * 6 + c], 0);
      const factor = 1 / (1 + Math.exp(-a));
      for (let p = 0; p < 12; p++)
        expect(out[b * 72 + p * 6 + c]).toBeCloseTo(factor * x[b * 72 + p * 6 + c], 9);
    }
  }
});

test('the bottleneck has a sixteenth of the channels, and four at least', () => {
  const widthOf = (channels: number) =>
    built(channels).scope.variables.find(({ name }) => name === '0.weight')?.shape[1];
  expect(widthOf(6)).toBe(4);
  expect(widthOf(64)).toBe(4);
  expect(widthOf(160)).toBe(10);
});

test('without positions there is nothing to squeeze', () => {
  const layer = squeezeExcite(new VariableTable().scope({ training: true }));
  expect(() => layer(zeros([2, 3]))).toThrow(
    'squeezeExcite: x has shape [2, 3]; wanted [batch, ...space, channels]',
  );
});
