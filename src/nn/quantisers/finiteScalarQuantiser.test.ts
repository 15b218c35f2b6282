import { expect, test } from 'vitest';
import { evaluate } from '../../engine/index.js';
import { RandomStream } from '../../random/index.js';
import { constant, grad, iota } from '../../tensor/index.js';
import { finiteScalarQuantiser } from './index.js';

test.each([[[3]], [[2]], [[8, 5, 5, 5]], [[4, 3, 2]]])(
  'of %j every index is that of the vector it stands for',
  (levels) => {
    const quantiser = finiteScalarQuantiser(levels);
    const [size] = quantiser.sizes;
    const vectors = quantiser.lookup([iota([size])]);
    // A vector lies on its level already, but f would move it: what it came from is the level's own f⁻¹.
    const halves = levels.map((level) => Math.floor(level / 2));
    const [values] = evaluate([vectors]);
    const indices = Array.from({ length: size }, (_, row) =>
      levels.reduceRight(
        (sum, level, j) => sum * level + Math.round(values[row * levels.length + j] * halves[j]) + halves[j],
        0,
      ),
    );
    expect(indices).toEqual(Array.from({ length: size }, (_, i) => i));
  },
);

test('numbers from far below to far above reach every level, and 0 the one in the middle', () => {
  for (const level of [2, 3, 4, 5, 8]) {
    const quantiser = finiteScalarQuantiser([level]);
    const z = constant(
      Array.from({ length: 2001 }, (_, i) => (i - 1000) / 100),
      'float32',
      [2001, 1],
    );
    const { code, choices } = quantiser.quantise(z);
    const [values, indices, looked] = evaluate([
      code,
      choices[0].indices,
      quantiser.lookup([choices[0].indices]),
    ]);
    expect(new Set(indices)).toEqual(new Set(Array.from({ length: level }, (_, i) => i)));
    expect(Array.from(indices)).toEqual(Array.from(indices).sort((a, b) => a - b));
    expect(values[1000]).toBe(0);
    expect(looked).toEqual(values);
  }
});

test('gradients go through the rounding as if it were not there', () => {
  const levels = [4, 5];
  const quantiser = finiteScalarQuantiser(levels);
  const z = constant(new RandomStream(1, 'z').normal(new Float32Array(12)), 'float32', [6, 2]);
  const { code, choices } = quantiser.quantise(z);
  const [through, bounded] = evaluate([...grad(code.sum(), [z]), ...grad(choices[0].before.sum(), [z])]);
  expect(through).toEqual(bounded);
  expect(Math.min(...through)).toBeGreaterThan(0);
});

test('levels that are none are refused', () => {
  expect(() => finiteScalarQuantiser([1, 4])).toThrow('[1, 4] are no numbers of levels, 2 or more each');
  expect(() => finiteScalarQuantiser([4096, 4096])).toThrow('make 16777216 codes; 4194304 are the most');
});
