import { expect, test } from 'vitest';
import { classColor, hexOf, type Rgb, theme, toLab, toRgb, valueColor } from './color.js';

const distance = (a: Rgb, b: Rgb) => {
  const [p, q] = [toLab(a), toLab(b)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
};

/** Machado, Oliveira & Fernandes 2009, full severity; on linear light. */
const BLINDNESS = {
  none: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function seen(color: Rgb, matrix: readonly number[]): Rgb {
  const light = color.map((level) => (level / 255) ** 2.2);
  const level = (row: number) => {
    const sum = light.reduce((total, x, i) => total + matrix[3 * row + i] * x, 0);
    return Math.round(255 * Math.max(0, Math.min(1, sum)) ** (1 / 2.2));
  };
  return [level(0), level(1), level(2)];
}

test.each(Object.entries(BLINDNESS))(
  'ten classes can be told apart with colour blindness %s',
  (_, matrix) => {
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < i; j++) {
        // Differences of 0.02 are just seen side by side.
        expect(distance(seen(classColor(i), matrix), seen(classColor(j), matrix))).toBeGreaterThan(0.075);
      }
    }
  },
);

test('thirty classes have thirty colours', () => {
  const colors = new Set(Array.from({ length: 30 }, (_, i) => hexOf(classColor(i))));
  expect(colors.size).toBe(30);
  expect(classColor(30)).toEqual(classColor(0));
});

test('larger values are lighter, in even steps', () => {
  const lightness = Array.from({ length: 101 }, (_, i) => toLab(valueColor(i / 100))[0]);
  for (let i = 1; i <= 100; i++) {
    // Levels are whole numbers, which moves lightness by up to 0.004.
    expect(Math.abs(lightness[i] - lightness[i - 1] - 0.006)).toBeLessThan(0.005);
  }
});

test('values outside take the end, and NaN is shown as missing', () => {
  expect(valueColor(-3)).toEqual(valueColor(0));
  expect(valueColor(7)).toEqual(valueColor(1));
  expect(valueColor(Number.NaN)).toEqual(theme.missing);
});

test('a colour goes to OKLab and back', () => {
  for (let i = 0; i < 10; i++) expect(toRgb(toLab(classColor(i)))).toEqual(classColor(i));
  expect(toLab([255, 255, 255])[0]).toBeCloseTo(1, 6);
});

test('a colour beyond what screens show keeps its lightness and its hue', () => {
  const wanted = [0.6, 0.4, 0.1] as const;
  const [lightness, a, b] = toLab(toRgb(wanted));
  expect(lightness).toBeCloseTo(0.6, 2);
  expect(b / a).toBeCloseTo(0.25, 1);
});
