/** Systems that match their codes with a prior, trained: the codes of all samples together look like draws from it. */
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, numericTable, runOf, toy } from '../conformance/models.js';
import { type CodePriorName, codePrior, DiagonalNormal, slicedDistance } from '../probability/index.js';
import { RandomStream } from '../random/index.js';
import { Program, type Tensor, zeros } from '../tensor/index.js';
import { Training } from '../training/index.js';
import { aae, infoVae, type System, swae, waeGan, waeMmd } from './index.js';

const COUNT = 512;

/** A bent band in three dimensions, far from normal. */
const data = (() => {
  const noise = new RandomStream(1, 'band').normal(new Float32Array(2 * COUNT));
  const rows = Array.from({ length: COUNT }, (_, i) => {
    const [along, across] = [2 * noise[2 * i], 0.5 * noise[2 * i + 1]];
    return [along, along ** 2 / 2 - 2 + across, across - 1];
  });
  return toy(numericTable(3), rows.flat());
})();

test.each<{ system: System; prior: CodePriorName; options: Record<string, unknown> }>([
  { system: infoVae, prior: 'normal', options: { alpha: 1, lambda: 1000 } },
  { system: waeMmd, prior: 'normal', options: {} },
  { system: waeGan, prior: 'normal', options: { discriminator: [24, 24], discriminatorLearningRate: 5e-3 } },
  { system: swae, prior: 'ring', options: { prior: 'ring', lambda: 20 } },
  {
    system: aae,
    prior: 'mixture',
    options: { prior: 'mixture', discriminator: [32, 32], adversarialLearningRate: 5e-3 },
  },
])('codes of $system.name take the shape of the $prior prior', async ({ system, prior, options }) => {
  // A fast engine: 400 steps are no matter of rounding.
  const { create } = engines.find(({ name }) => name.startsWith('native')) ?? engines[1];
  const definition = runOf(system, data, create(), {
    options: { hidden: [24], latent: 2, architecture: 'mlp', ...options },
    training: { steps: 400, batchSize: 128, learningRate: 3e-3, optimizer: 'adam' },
  });
  await new Training({ ...definition, validation: undefined }).finish();
  const { model, batch } = build(system, data.data, definition.options, { training: false });
  const q = model.posterior?.(batch(COUNT));
  const codes = q instanceof DiagonalNormal ? q.rsample() : model.encode(batch(COUNT));
  const drawn = (stream: string) => codePrior(prior, [COUNT, 2]).sample({ stream });
  const distance = (a: Tensor, b: Tensor) => slicedDistance(a, b, { projections: 100 });
  const program = new Program({
    outputs: {
      trained: distance(codes, drawn('prior')),
      collapsed: distance(zeros([COUNT, 2]), drawn('prior')),
    },
  });
  const executable = await definition.engine.compile(program);
  const { trained, collapsed } = await executable.run({ x: data.samples.x }, { seed: 3 });
  // Codes that all lie at one point, as a collapsed encoder gives them, are the measure of how far off codes can be.
  expect(trained[0]).toBeLessThan(collapsed[0] / 3);
});
