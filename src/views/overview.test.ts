/** A run at a glance: of every kind of data that can be looked at so small, and of models that lack a half. */
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { numericTable, pictures, runOf, type Toy, toy } from '../conformance/models.js';
import type { Samples } from '../data/index.js';
import { toPng, toSvg } from '../pictures/index.js';
import { RandomStream } from '../random/index.js';
import { ae, pointcloudAe, rGan, type System, vae } from '../systems/index.js';
import { Training } from '../training/index.js';
import { overviewView } from './overview.js';

const normal = (length: number) => new RandomStream(1, 'toy').normal(new Float32Array(length));
const grey = toy(
  pictures(5, 6, 1),
  normal(40 * 30).map((value) => Math.min(255, Math.abs(100 * value))),
);
const clouds = toy(
  { kind: 'points', shape: [8, 3], dtype: 'float32' },
  normal(40 * 24).map((value) => value / 3),
);
const table = toy(numericTable(3), normal(120));

/** The names of the panels beside the curve, or undefined where nothing is drawn. */
async function panels(system: System, data: Toy, options: Record<string, unknown>, originals?: Samples) {
  const training = { batchSize: 10, steps: 3 };
  const model = await new Training(runOf(system, data, engines[0].create(), { options, training })).finish();
  const figure = await overviewView(model, {
    title: 'A run',
    records: { metrics: [], evaluations: [] },
    originals: originals ?? (await data.source.read(0, 20)),
  });
  if (!figure) return undefined;
  expect(toPng(figure).length).toBeGreaterThan(0);
  const svg = toSvg(figure);
  return ['Reconstructions', 'Samples'].filter((name) => svg.includes(name));
}

const SMALL = { architecture: 'mlp', hidden: [4], latent: 2 };

test.each([
  ['ae', 'pictures', ae, grey, SMALL, ['Reconstructions']],
  ['vae', 'pictures', vae, grey, SMALL, ['Reconstructions', 'Samples']],
  [
    'pointcloud-ae',
    'clouds',
    pointcloudAe,
    clouds,
    { features: [4], latent: 2, hidden: [4] },
    ['Reconstructions'],
  ],
  [
    'r-gan',
    'clouds',
    rGan,
    clouds,
    { features: [4], latent: 2, hidden: [4], discriminator: [4] },
    ['Samples'],
  ],
] as const)('%s of %s shows what it can make', async (_, __, system, data, options, names) => {
  expect(await panels(system, data, options)).toEqual(names);
});

test.each([1, 3])('%i samples are enough', async (count) => {
  expect(await panels(vae, grey, SMALL, await grey.source.read(0, count))).toEqual([
    'Reconstructions',
    'Samples',
  ]);
});

test('there is none of tables', async () => {
  expect(await panels(vae, table, SMALL)).toBeUndefined();
});
