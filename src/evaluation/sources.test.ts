import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { optionsOf, pictures, toy } from '../conformance/models.js';
import { initialValues } from '../engine/index.js';
import { ModelRunner } from '../inference/index.js';
import { type Binarisation, describeData, vae } from '../systems/index.js';
import { zeros } from '../tensor/index.js';
import { measure } from './measure.js';
import { observedSource } from './sources.js';

const [reference] = engines;
const SIDE = 8;
const COUNT = 200;
/** Every pixel of a picture has the same level: 0, 51, 102, …, 255. */
const spec = pictures(SIDE, SIDE, 1);
const levelOf = (n: number) => 51 * (n % 6);
const { source } = toy(
  spec,
  Array.from({ length: COUNT * SIDE * SIDE }, (_, i) => levelOf(Math.floor(i / SIDE ** 2))),
);

function runnerOf(binarise: Binarisation) {
  const data = describeData(spec, { size: COUNT, binarise });
  const options = optionsOf(vae, { architecture: 'mlp', hidden: [4], latent: 2 });
  return new ModelRunner({ system: vae, options, data, engine: reference.create() });
}

test('a pixel is drawn bright as often as its level says', async () => {
  const { x } = await observedSource(runnerOf('dynamic'), source).read(0, COUNT);
  for (let level = 0; level < 6; level++) {
    const values = Array.from(x).filter((_, i) => Math.floor(i / SIDE ** 2) % 6 === level);
    const share = values.reduce((sum, value) => sum + value / 255, 0) / values.length;
    const p = level / 5;
    expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / values.length));
  }
});

test('a sample is drawn once: the same in whatever company it is read, another with another seed', async () => {
  const dynamic = observedSource(runnerOf('dynamic'), source, 3);
  const [whole, part] = [await dynamic.read(0, COUNT), await dynamic.read(100, 7)];
  expect(part.x).toEqual(whole.x.slice(100 * SIDE ** 2, 107 * SIDE ** 2));
  expect((await observedSource(runnerOf('dynamic'), source, 4).read(100, 7)).x).not.toEqual(part.x);
});

test('a threshold leaves nothing to chance, and without binarisation samples are what they were', async () => {
  const { x } = await observedSource(runnerOf('threshold'), source).read(0, 6);
  expect(Array.from({ length: 6 }, (_, n) => x[n * SIDE ** 2])).toEqual([0, 0, 0, 255, 255, 255]);
  expect(observedSource(runnerOf('none'), source)).toBe(source);
});

test('likelihoods of a binarised run are of black and white pictures, and called likelihoods', async () => {
  const runner = runnerOf('dynamic');
  const { engine } = runner.settings;
  const x = runner.data.observe(zeros([1, ...spec.shape], spec.dtype));
  runner.build().objective({ x });
  await engine.variables.write(initialValues(runner.table.variables.values(), 0));
  const request = { runner, engine, source, training: source, draws: 3, groups: ['elbo', 'nll'] as const };
  const { metrics } = await measure(request);
  for (const { name, estimator, value } of metrics) {
    expect(estimator, name).not.toMatch(/soft targets/);
    expect(value, name).not.toBeNull();
  }
});
