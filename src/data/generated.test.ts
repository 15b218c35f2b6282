import { expect, test } from 'vitest';
import { generate, generatedNames } from './generated.js';

test('every generated set has samples of its shape, and labels within its classes', async () => {
  for (const name of generatedNames) {
    const data = generate(name);
    const { x, labels } = await data.read([0, data.size - 1]);
    expect(data.name).toBe(name);
    expect(x.length).toBe(2 * data.spec.shape.reduce<number>((product, length) => product * length, 1));
    expect(labels?.every((label) => label >= 0 && label < (data.classes ?? []).length) ?? true).toBe(true);
  }
});

test.each(['two-moons', 'swiss-roll'])('a larger %s begins with the smaller one', async (name) => {
  const small = await generate(name, { size: 7 }).read([0, 3, 6]);
  const large = await generate(name, { size: 1000 }).read([0, 3, 6]);
  expect(large).toEqual(small);
});

test.each(['two-moons', 'swiss-roll'])(
  '%s changes with its seed, and so does its fingerprint',
  async (name) => {
    const [a, b] = [generate(name, { seed: 1 }), generate(name, { seed: 2 })];
    expect((await a.read([5])).x).not.toEqual((await b.read([5])).x);
    expect(a.fingerprint).not.toBe(b.fingerprint);
  },
);

test('the two moons are half circles of radius 1 with noise of 0.1', async () => {
  const data = generate('two-moons', { size: 4000 });
  const { x, labels = [] } = await data.read(Uint32Array.from({ length: 4000 }, (_, i) => i));
  let squares = 0;
  for (let i = 0; i < 4000; i++) {
    const [a, b] = labels[i] === 0 ? [x[2 * i], x[2 * i + 1]] : [1 - x[2 * i], 0.5 - x[2 * i + 1]];
    const distance = Math.hypot(a, b) - 1;
    expect(Math.abs(distance)).toBeLessThan(0.6);
    squares += distance ** 2;
  }
  // The distance from the circle has nearly the noise's deviation; its estimate from 4,000 is good to 0.1 / √8000.
  expect(Math.sqrt(squares / 4000)).toBeCloseTo(0.1, 2);
});

test('the swiss roll is a spiral: its radius grows with its angle', async () => {
  const data = generate('swiss-roll', { size: 500 });
  const { x } = await data.read(Uint32Array.from({ length: 500 }, (_, i) => i));
  for (let i = 0; i < 500; i++) {
    const [a, height, b] = x.subarray(3 * i, 3 * i + 3);
    const t = Math.hypot(a, b);
    expect(t).toBeGreaterThan(1.5 * Math.PI);
    expect(t).toBeLessThan(4.5 * Math.PI);
    expect(Math.cos(t) * t).toBeCloseTo(a, 3);
    expect(height).toBeGreaterThanOrEqual(0);
    expect(height).toBeLessThanOrEqual(21);
  }
});

test.each([
  ['moons', {}, /^there is no generated data set 'moons'; there are sprites, glyphs, two-moons, swiss-roll$/],
  ['two-moons', { size: 0 }, 'two-moons: 0 is not a number of samples; give a whole number of at least 1'],
  ['sprites', { size: 5 }, 'sprites: the option size has no effect on this data set; leave it out'],
  ['glyphs', { seed: 5 }, 'glyphs: the option seed has no effect on this data set; leave it out'],
])('generate(%j, %j) is refused in words', (name, options, message) => {
  expect(() => generate(name, options)).toThrow(message);
});
