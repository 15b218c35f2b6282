import { expect, test } from 'vitest';
import { RandomStream } from '../random/index.js';
import { codeBetween, latentPaths } from './latentPaths.js';

const times = [0, 0.1, 0.25, 0.5, 0.8, 1];
const norm = (z: Float32Array) => Math.hypot(...z);
const normals = new RandomStream(3, 'codes').normal(new Float32Array(2 * 64));
const [a, b] = [normals.subarray(0, 64), normals.subarray(64)];
const unit = (z: Float32Array) => z.map((value) => value / norm(z));

test('both ends of every path are exactly the codes themselves', () => {
  for (const path of latentPaths) {
    expect(codeBetween(a, b, 0, { path })).toEqual(a.slice());
    expect(codeBetween(a, b, 1, { path })).toEqual(b.slice());
  }
});

test('between unit codes the spherical path stays on the sphere, and the angle grows evenly', () => {
  const [u, v] = [unit(a), unit(b)];
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const omega = Math.acos(dot(u, v));
  for (const t of times) {
    const z = codeBetween(u, v, t, { path: 'spherical' });
    expect(norm(z)).toBeCloseTo(1, 6);
    expect(dot(u, z)).toBeCloseTo(Math.cos(t * omega), 6);
  }
});

test('half-way on a line between orthogonal units the norm is √½', () => {
  const middle = codeBetween(Float32Array.of(1, 0), Float32Array.of(0, 1), 0.5);
  expect(norm(middle)).toBeCloseTo(Math.SQRT1_2, 7);
  const onSphere = codeBetween(Float32Array.of(1, 0), Float32Array.of(0, 1), 0.5, { path: 'spherical' });
  expect([...onSphere]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)]);
});

test('with a linear norm, codes of any lengths are as long as the line says', () => {
  const long = b.map((value) => 3 * value);
  for (const t of times) {
    const z = codeBetween(a, long, t, { path: 'spherical-linear-norm' });
    expect(norm(z)).toBeCloseTo((1 - t) * norm(a) + t * norm(long), 4);
  }
});

test('nearly parallel codes are joined by a line', () => {
  const end = Float32Array.of(2, 1e-5);
  const z = codeBetween(Float32Array.of(1, 0), end, 0.5, { path: 'spherical' });
  expect([...z]).toEqual([1.5, Math.fround(Math.fround(1e-5) / 2)]);
});

test('codes in opposite directions, or of zeros, have no way around the sphere between them', () => {
  for (const path of ['spherical', 'spherical-linear-norm'] as const) {
    expect(() => codeBetween(Float32Array.of(1, -2), Float32Array.of(-2, 4), 0.5, { path })).toThrow(
      `path: is ${path}, and two codes point in opposite directions`,
    );
    expect(() => codeBetween(Float32Array.of(1, -2), Float32Array.of(0, 0), 0.5, { path })).toThrow(
      `path: is ${path}, and a code of zeros has no direction to go from; use linear`,
    );
  }
  expect([...codeBetween(Float32Array.of(1, -2), Float32Array.of(-1, 2), 0.5)]).toEqual([0, 0]);
});

test('beyond the ends there is something only for those who ask', () => {
  const [z0, z1] = [Float32Array.of(1, 0), Float32Array.of(3, 1)];
  expect(() => codeBetween(z0, z1, 1.5)).toThrow('codeBetween: time 1.5 is outside [0, 1]');
  expect(() => codeBetween(z0, z1, Number.NaN)).toThrow('outside [0, 1]');
  expect([...codeBetween(z0, z1, 1.5, { extrapolates: true })]).toEqual([4, 1.5]);
});
