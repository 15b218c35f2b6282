/** Every prior on the codes of every registered system: fitted and drawn from, or refused in one sentence. */
import { expect, test } from 'vitest';
import { initialValues } from '../engine/index.js';
import { ModelRunner, TrainedModel } from '../inference/index.js';
import { fitPrior, type Prior, priors, vamp, withPrior } from '../priors/index.js';
import { DiagonalNormal } from '../probability/index.js';
import { OptionError, requiresLabels, type System, systems } from '../systems/index.js';
import { sizeOf, zeros } from '../tensor/index.js';
import { engines } from './engines.js';
import { optionsOf, type Toy } from './models.js';
import { cases, optionsFor } from './smallSystems.js';

/** The native engine where it was built, and otherwise what stands for it. */
const [native] = engines.slice(-1);

/** Small sizes, by prior. */
const SMALL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  gmm: { components: 2 },
  vamp: { components: 4 },
  'two-stage': { hidden: [4] },
  maf: { layers: 1, hidden: [4] },
  iaf: { layers: 1, hidden: [4] },
  'latent-gan': { noise: 2, hidden: [4], discriminator: [4] },
  'latent-wgan': { noise: 2, hidden: [4], discriminator: [4] },
  neighbours: { kept: 50 },
  pixelcnn: { layers: 1, channels: 4, headChannels: 4, firstKernel: 3, kernel: 3, conditionBlocks: 1 },
  pixelsnail: { blocks: 1, units: 1, channels: 4, kernel: 3, heads: 2, headChannels: 4, conditionBlocks: 1 },
};

/** A model with its first weights: whether a prior can be fitted on its codes does not depend on them. */
async function modelOf(system: System, { data }: Toy): Promise<TrainedModel> {
  const engine = native.create();
  const runner = new ModelRunner({ engine, system, options: optionsOf(system, optionsFor(system)), data });
  const x = data.toModel(zeros([2, ...data.spec.shape], data.spec.dtype));
  const batch = { x, ...(data.classes > 0 ? { labels: zeros([2], 'int32') } : {}) };
  const model = runner.build();
  model.objective({ ...batch, ...(model.secondBatch ? { second: batch } : {}) });
  await engine.variables.write(initialValues(runner.table.variables.values(), 3));
  return new TrainedModel(runner);
}

/** Whether there is anything to fit, by what the model says of itself. */
function isFitted(prior: Prior, { runner, canEncode }: TrainedModel): boolean {
  const { discrete, posterior } = runner.build();
  if (!canEncode || (prior.codes === 'grids') !== (discrete !== undefined)) return false;
  if (prior !== vamp) return true;
  const { system, options, data } = runner.settings;
  const x = data.toModel(zeros([1, ...data.spec.shape], data.spec.dtype));
  return !requiresLabels(system, options) && posterior?.({ x }) instanceof DiagonalNormal;
}

test.each(systems.map(({ name }) => name))(
  'every prior is fitted on codes of %s and drawn from, or says why not',
  async (name) => {
    const found = cases.find(([, { name: each }]) => each === name);
    if (!found) throw new Error(`${name} takes no data`);
    const [, system, given] = found;
    const { source, samples } = given;
    const model = await modelOf(system, given);
    const { runner } = model;
    for (const prior of priors) {
      const fit = fitPrior({
        prior,
        options: prior.options.parse(SMALL[prior.name] ?? {}),
        training: { steps: 2, batchSize: 32 },
        runner,
        trainingPart: source,
        validationPart: source,
        engine: native.create(),
      });
      if (!isFitted(prior, model)) {
        const error: unknown = await fit.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error, prior.name).toBeInstanceOf(OptionError);
        // It names what was asked for, and is one sentence.
        expect(String(error), prior.name).toMatch(new RegExp(`^OptionError: [^\\n]*\\b${name}\\b[^\\n]*$`));
        continue;
      }
      const drawn = await withPrior(runner, await fit);
      const { x, codes } = await drawn.sample(3, { labels: samples.labels?.slice(0, 3) });
      expect(x.length, prior.name).toBe(3 * sizeOf(runner.data.spec.shape));
      expect(codes.length, prior.name).toBe(3 * sizeOf(model.codeShape));
      expect([...x, ...codes].every(Number.isFinite), prior.name).toBe(true);
    }
    await runner.dispose();
  },
);
