import { describe, expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { valuesOn } from '../conformance/models.js';
import { RandomStream } from '../random/index.js';
import { input } from '../tensor/index.js';
import { batchNorm, linear, pointNet, relu, VariableTable } from './index.js';

const [BATCH, POINTS] = [3, 67];

describe.each(engines.map((engine) => [engine.name, engine] as const))('%s', (_, { create }) => {
  test('a code is the same, bit for bit, for the points in any order', async () => {
    const layers = [linear(24), batchNorm(), relu, linear(17), batchNorm(), relu];
    const code = pointNet(...layers)(new VariableTable().scope({ training: false }));
    const x = new RandomStream(1, 'clouds').normal(new Float32Array(BATCH * POINTS * 3));
    const turned = x.map((__, i) => {
      const [cloud, point, k] = [Math.floor(i / (3 * POINTS)), Math.floor(i / 3) % POINTS, i % 3];
      return x[(cloud * POINTS + ((29 * point + 11) % POINTS)) * 3 + k];
    });
    const shape = [BATCH, POINTS, 3];
    const engine = create();
    const { before, after } = await valuesOn(
      engine,
      { before: code(input('x', shape)), after: code(input('turned', shape)) },
      { feeds: { x, turned } },
    );
    await engine.dispose();
    expect(before.some((value) => value > 0)).toBe(true);
    expect(after).toEqual(before);
  });
});

test('what is no batch of clouds is refused', () => {
  const network = pointNet(linear(4))(new VariableTable().scope({ training: true }));
  expect(network(input('x', [5, 7, 3])).shape).toEqual([5, 4]);
  expect(() => network(input('x', [5, 3]))).toThrow(
    'pointNet: needs clouds [batch, points, features] but got [5, 3]',
  );
});
