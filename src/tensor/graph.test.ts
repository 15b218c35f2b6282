import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { constant, grad, input, substitute, topologicalOrder } from './index.js';

test('every node comes after its inputs, once', () => {
  const x = input('x', []);
  const y = x.exp().mul(x.sin()).add(x.exp());
  const order = topologicalOrder([y, x.exp()]);
  expect(new Set(order).size).toBe(order.length);
  for (const [at, node] of order.entries()) {
    for (const before of node.inputs) expect(order.indexOf(before)).toBeLessThan(at);
  }
});

test('the order depends on the graph alone, not on what was built before it', () => {
  const build = (tag: string) => {
    const [a, b] = [input(`${tag}a`, [2]), input(`${tag}b`, [2])];
    return topologicalOrder([a.mul(b).add(b.exp()), a.sub(b)]).map((node) => node.op);
  };
  const first = build('p');
  input('qb', [2]).exp();
  expect(build('q')).toEqual(first);
});

test('a graph of a hundred thousand layers is built, differentiated and evaluated without recursion', () => {
  const x = input('x', []);
  let y = x;
  for (let i = 0; i < 100_000; i++) y = y.mul(0.999999).add(1e-6);
  const [gradient] = grad(y, [x]);
  const [value] = evaluate([gradient], { values: { x: Float64Array.of(1) } });
  expect(value[0]).toBeCloseTo(0.999999 ** 100_000, 10);
});

test('substitute replaces a tensor throughout, and leaves what does not depend on it', () => {
  const [x, y] = [input('x', [2]), input('y', [2])];
  const untouched = y.exp();
  const [replaced, same, root] = substitute([x.mul(y).add(x), untouched, x], new Map([[x, y.sin()]]));
  expect(replaced).toBe(y.sin().mul(y).add(y.sin()));
  expect(same).toBe(untouched);
  expect(root).toBe(y.sin());
});

test('what is substituted is not searched for what is being replaced', () => {
  const x = input('x', [2]);
  const [swapped] = substitute([x.exp()], new Map([[x, x.add(1)]]));
  expect(swapped).toBe(x.add(1).exp());
});

test('substituting constants simplifies what is left', () => {
  const [x, weight] = [input('x', [2]), input('weight', [])];
  expect(substitute([x.mul(weight)], new Map([[weight, constant(1)]]))[0]).toBe(x);
});

test('a replacement of another shape or type is refused', () => {
  const x = input('x', [2]);
  expect(() => substitute([x], new Map([[x, constant([1, 2, 3])]]))).toThrow(
    'substitute: constant float32[3] cannot stand for input float32[2]',
  );
  expect(() => substitute([x], new Map([[x, constant([1, 2], 'int32')]]))).toThrow(
    'substitute: constant int32[2] cannot stand for input float32[2]',
  );
});
