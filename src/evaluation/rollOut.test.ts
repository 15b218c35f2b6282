import { expect, test } from 'vitest';
import { fitSinusoid } from './rollOut.js';

const wave = (frequency: number, amplitude: number, phase: number, length: number) =>
  Float64Array.from({ length }, (_, t) => amplitude * Math.cos(frequency * t + phase));

test.each([
  [0.1, 1.5, 0.3, 60],
  [0.5, 0.5, 2, 60],
  [0.33, 1, 4, 20],
  [2.5, 2, 1, 30],
])('the frequency %d and amplitude %d of a sinusoid are found', (frequency, amplitude, phase, length) => {
  const fit = fitSinusoid(wave(frequency, amplitude, phase, length));
  expect(fit.frequency).toBeCloseTo(frequency, 5);
  expect(fit.amplitude).toBeCloseTo(amplitude, 4);
});

test('what does not move has the frequency 0 and its height', () => {
  const { frequency, amplitude } = fitSinusoid(new Float64Array(20).fill(-0.7));
  expect(frequency).toBeLessThan(0.02);
  expect(amplitude).toBeCloseTo(0.7, 6);
});
