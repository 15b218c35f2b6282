import { expect, test } from 'vitest';
import { drawsOf } from '../../engine/index.js';
import { RandomStream } from '../../random/index.js';
import { kMeans } from './index.js';
import { nearestCentres } from './kMeans.js';

const blobs = [
  [0, 0],
  [10, 0],
  [0, 10],
  [10, 10],
];
const noise = new RandomStream(5, 'blobs').normal(new Float32Array(400));
const vectors = noise.map((epsilon, i) => blobs[Math.floor(i / 2) % 4][i % 2] + 0.3 * epsilon);

test('well separated clusters have a centre each, at their mean', () => {
  const centres = kMeans(vectors, { dimension: 2, clusters: 4, draws: drawsOf(1, 'start') });
  const { indices } = nearestCentres(vectors, centres, 2);
  for (let k = 0; k < 4; k++) {
    const own = Array.from(indices.keys()).filter((row) => indices[row] === k);
    expect(new Set(own.map((row) => row % 4)).size).toBe(1);
    for (let j = 0; j < 2; j++) {
      const mean = own.reduce((sum, row) => sum + vectors[row * 2 + j], 0) / own.length;
      expect(centres[k * 2 + j]).toBeCloseTo(mean, 5);
    }
  }
});

test('more iterations never leave vectors farther from their centres', () => {
  const errors = [0, 1, 2, 5, 10].map((iterations) => {
    const options = { dimension: 2, clusters: 7, draws: drawsOf(1, 'start'), iterations };
    return nearestCentres(vectors, kMeans(vectors, options), 2).distances.reduce((a, b) => a + b);
  });
  errors.slice(1).forEach((error, i) => {
    expect(error).toBeLessThanOrEqual(errors[i]);
  });
});

test('of more candidates for each seed, seeds are left that lie nearer to all vectors', () => {
  const many = new RandomStream(6, 'many').normal(new Float32Array(600));
  const meanOf = (candidates: number) => {
    const draws = drawsOf(2, `start ${candidates}`);
    const options = { dimension: 2, clusters: 12, draws, iterations: 0, candidates };
    const errors = Array.from({ length: 30 }, () =>
      nearestCentres(many, kMeans(many, options), 2).distances.reduce((a, b) => a + b),
    );
    return errors.reduce((a, b) => a + b) / errors.length;
  };
  const [one, few, more] = [1, 2, 6].map(meanOf);
  expect(few).toBeLessThan(0.95 * one);
  expect(more).toBeLessThan(0.95 * few);
});

test('of fewer vectors than clusters there are copies, none the same', () => {
  const few = Float32Array.of(1, 2, 3, -4);
  const centres = kMeans(few, { dimension: 2, clusters: 50, draws: drawsOf(1, 'start') });
  const rows = Array.from({ length: 50 }, (_, k) => Array.from(centres.slice(2 * k, 2 * k + 2)));
  expect(new Set(rows.map(String)).size).toBe(50);
  for (const [a, b] of rows) {
    const near = Math.min(Math.hypot(a - 1, b - 2), Math.hypot(a - 3, b + 4));
    expect(near).toBeLessThan(0.02);
  }
});

test('vectors that are all the same make centres that are the same, and no NaN', () => {
  const centres = kMeans(new Float32Array(40).fill(2), { dimension: 2, clusters: 3, draws: drawsOf(1, 's') });
  expect(Array.from(centres)).toEqual([2, 2, 2, 2, 2, 2]);
});
