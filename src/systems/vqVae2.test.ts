import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { pictures, runOf, toy } from '../conformance/models.js';
import { Training } from '../training/index.js';
import { vqVae2 } from './index.js';

const SIDE = 16;
const COUNT = 64;

/** A bright half, left or right, and stripes across it whose phase says one thing more. */
const striped = toy(
  pictures(SIDE, SIDE, 1),
  Array.from({ length: COUNT * SIDE * SIDE }, (_, i) => {
    const [picture, y, x] = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
    const isBright = x < SIDE / 2 === (picture % 2 === 0);
    const isStripe = (y + Math.floor(picture / 2)) % 4 < 2;
    return isBright ? (isStripe ? 240 : 120) : 10;
  }),
);

/** Σ of squared differences between neighbours: what a blurred picture has less of. */
function roughness(x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length - SIDE; i++) {
    if (i % SIDE < SIDE - 1) sum += (x[i] - x[i + 1]) ** 2;
    if (i % SIDE ** 2 < SIDE ** 2 - SIDE) sum += (x[i] - x[i + SIDE]) ** 2;
  }
  return sum;
}

test('each level is needed: without its codes reconstructions are worse, and the top alone makes a blurred picture', async () => {
  const [native] = engines.slice(-1);
  const options = {
    channels: 12,
    blockChannels: 6,
    blocks: 1,
    codes: 16,
    codeDimension: 4,
    likelihood: 'gaussian',
    sigma: 'fixed',
    sigma0: 0.1,
  };
  const definition = runOf(vqVae2, striped, native.create(), {
    options,
    training: { batchSize: 32, steps: 250, learningRate: 2e-3, patience: 0 },
  });
  const model = await new Training(definition).finish();
  const { mean: codes } = await model.encode(striped.samples);
  const original = Float32Array.from(striped.samples.x);
  const width = codes.length / COUNT;
  const topLength = 2 * 2 * 4;
  const without = (isGone: (j: number) => boolean) =>
    codes.map((value, i) => (isGone(i % width) ? 0 : value));
  const decoded = {
    both: await model.decode(codes),
    top: await model.decode(without((j) => j >= topLength)),
    bottom: await model.decode(without((j) => j < topLength)),
  };
  const error = (x: Float32Array) =>
    x.reduce((sum, value, i) => sum + (value - original[i]) ** 2, 0) / (255 ** 2 * x.length);
  expect(error(decoded.both)).toBeLessThan(0.02);
  expect(error(decoded.top)).toBeGreaterThan(1.5 * error(decoded.both));
  expect(error(decoded.bottom)).toBeGreaterThan(1.5 * error(decoded.both));
  expect(roughness(decoded.top)).toBeLessThan(roughness(decoded.both));
  await definition.engine.dispose();
});
