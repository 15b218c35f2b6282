import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, pictures, runOf, type Toy, toy } from '../conformance/models.js';
import { toSvg } from '../pictures/index.js';
import { RandomStream } from '../random/index.js';
import { ae, dae, type System } from '../systems/index.js';
import { Training } from '../training/index.js';
import { denoised, denoisingView } from './denoising.js';

const levels = new RandomStream(1, 'toy').words(new Uint32Array(40 * 30)).map((word) => 1 + (word % 255));
const grey = toy(pictures(5, 6, 1), levels);
const table = toy(numericTable(3), new RandomStream(1, 'toy').normal(new Float32Array(120)));

const trained = (system: System, data: Toy, options: Record<string, unknown> = {}) =>
  new Training(
    runOf(system, data, engines[0].create(), {
      options: { architecture: 'mlp', hidden: [4], latent: 2, ...options },
      training: { batchSize: 10, steps: 3 },
    }),
  ).finish();

test('a picture with noise is the original but for the noise, and what is restored is its decoded code', async () => {
  const model = await trained(dae, grey, { noise: 'masking', level: 0.5 });
  const data = await denoised(model, grey.samples, 3);
  if (!data) throw new Error('a denoising system has noise to show');
  const { originals, corrupted, restored } = data;
  expect(originals.shape).toEqual([40, 5, 6, 1]);
  expect(Array.from(originals.data)).toEqual(Array.from(grey.samples.x, (level) => Math.fround(level / 255)));
  for (let picture = 0; picture < 40; picture++) {
    const places = Array.from({ length: 30 }, (_, i) => 30 * picture + i);
    const masked = places.filter((i) => corrupted.data[i] !== originals.data[i]);
    expect(masked.length).toBe(15);
    expect(masked.every((i) => corrupted.data[i] === 0)).toBe(true);
  }
  // Through the model by hand: noise of the stored levels is none any more, so what goes in is what came out.
  const spoilt = Uint8Array.from(corrupted.data, (value) => Math.round(value * 255));
  const { mean } = await model.encode({ x: spoilt });
  const x = await model.decode(mean);
  Array.from(restored.data).forEach((value, i) => {
    expect(Math.abs(255 * Math.min(1, Math.max(0, value)) - x[i])).toBeLessThan(0.501);
  });
});

test('the same seed gives the same noise, and another one another', async () => {
  const model = await trained(dae, grey);
  const [one, same, other] = await Promise.all([3, 3, 4].map((seed) => denoised(model, grey.samples, seed)));
  expect(same).toEqual(one);
  expect(other?.corrupted).not.toEqual(one?.corrupted);
});

test('the figure says how far off pictures are before and after', async () => {
  const model = await trained(dae, grey, { noise: 'gaussian', level: 0 });
  const figure = await denoisingView(model, grey.samples);
  expect(figure && toSvg(figure)).toContain('Mean squared error of a pixel: 0 with noise,');
});

test('there is none of a system without noise, and none of tables', async () => {
  expect(await denoised(await trained(ae, grey), grey.samples)).toBeUndefined();
  expect(await denoisingView(await trained(dae, table), table.samples)).toBeUndefined();
});
