import { expect, test } from 'vitest';
import { toSvg } from '../pictures/index.js';
import { codeMapsView, coordinateOrder } from './codes.js';

const codes = Float32Array.of(0, 1, -5, 0, 1.5, 5, 0, 0.5, 0);

test('coordinates come by their nats, most first', () => {
  const latent = { klPerDimension: [0.1, 3, 0.7], activeUnits: 3, mutualInformation: 1 };
  expect(coordinateOrder({ latent, codes, dimensions: 3 })).toEqual([1, 2, 0]);
});

test('where nothing is known about nats, coordinates come by how far codes spread along them', () => {
  expect(coordinateOrder({ codes, dimensions: 3 })).toEqual([2, 1, 0]);
});

test('maps of several models share the colours of the samples’ classes', () => {
  const runs = [
    { name: 'three', codes, dimensions: 3 },
    { name: 'one', codes: Float32Array.of(1, 2, 3), dimensions: 1 },
  ];
  const svg = toSvg(codeMapsView(runs, { labels: Int32Array.of(0, 1, 0), classes: ['even', 'odd'] }));
  for (const text of ['three', 'one', 'even', 'odd']) expect(svg.split(`>${text}<`).length).toBe(2);
});
