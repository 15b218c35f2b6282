/**
 * The mixture of the posteriors of learned pseudo-inputs, with an encoder that stays as it is:
 *
 *   p(z) = 1/C Σ_c q(z|u_c),   u minimises −E log p(z) over codes z ~ q(z|x)
 *
 * Tomczak & Welling 2018 (arXiv:1705.07120) train encoder, decoder and u together. Here the bound's other terms are given,
 * and what is left of it to minimise, E_q[−log p(z)], is minimised; so this is the VampPrior nearest to the aggregate
 * posterior of a finished VAE. Pseudo-inputs start from training samples; those of pictures are clamped to [0, 1].
 */
import { z } from 'zod';
import type { Scope } from '../nn/index.js';
import { DiagonalNormal, NormalMixture } from '../probability/index.js';
import { Permutation, RandomStream } from '../random/index.js';
import { OptionError, positiveInteger } from '../systems/index.js';
import { constant, sizeOf, substitute, type Tensor, type TensorData } from '../tensor/index.js';
import { isNormal } from './codeRows.js';
import type { VectorCodes } from './description.js';
import { mixtureModel } from './mixture/model.js';
import { type FitRequest, type PriorModel, vectorPrior } from './prior.js';

const PSEUDO_INPUTS = 'pseudoInputs';

export const vamp = vectorPrior({
  name: 'vamp',
  title: 'VampPrior',
  paper: 'Tomczak & Welling, AISTATS 2018, arXiv:1705.07120; here for an encoder that is trained already',
  objective: String.raw`-\log p(z) = -\log \frac{1}{C} \sum_c q(z|u_c)`,
  summary:
    'A mixture of the posteriors of learned inputs: as sharp as posteriors are, where the codes of the data lie.',
  value: 'density',
  isTrained: true,
  options: z.object({
    components: positiveInteger().default(500).describe('pseudo-inputs'),
  }),
  training: () => ({ learningRate: 3e-3 }),
  build: (codes, { components }, scope) =>
    mixtureModel(codes, { components, covariance: 'diagonal', isConditional: false }, scope),
  async fit(request, { components }) {
    const { model, train, training } = request;
    requireNormalPosterior(request);
    if (components > training.count)
      throw new OptionError(
        'components',
        `${components} are more than the ${training.count} samples; take fewer`,
      );
    const start = await startingInputs(request, components);
    const frozen = await frozenWeights(request);
    const weights = await train((scope) => trained(request, start, frozen, scope));
    const inputs = weights.get(PSEUDO_INPUTS) ?? start;
    const { mean, logVar } = await model.mapCodes(
      'posteriors of pseudo-inputs',
      { values: Float32Array.from(inputs), shape: model.data.shape },
      (u) => {
        const { description } = request;
        const q = standardPosterior(request, clamped(request, u));
        return { mean: q.mean.reshape([-1, description.size]), logVar: q.logVar };
      },
    );
    return new Map<string, TensorData>([
      ['logWeights', new Float32Array(components).fill(-Math.log(components))],
      ['means', mean],
      ['logVar', logVar],
    ]);
  },
});

type Request = FitRequest<VectorCodes>;

/** @throws OptionError if the system's posteriors are no components for this mixture */
function requireNormalPosterior({ model, description }: Request): void {
  const { system } = model.settings;
  if (description.stored === 'means' && isNormal(model))
    throw new OptionError(
      'fitOn',
      'means leave out the posteriors that vamp is made of; leave it out, or fit gmm',
    );
  if (description.stored !== 'posteriors')
    throw new OptionError(
      'prior',
      `vamp is made of normal posteriors, which ${system.name} has not; fit gmm`,
    );
  if (model.isConditional)
    throw new OptionError(
      'prior',
      `vamp has no classes, and the posteriors of ${system.name} take them; fit gmm`,
    );
}

/** Training samples as the encoder sees them, no one twice, [components, ...shape]. */
async function startingInputs({ model, samples, seed }: Request, components: number): Promise<Float32Array> {
  const order = new Permutation(samples.size, new RandomStream(seed, 'pseudo-inputs'));
  const size = sizeOf(model.data.shape);
  const inputs = new Float32Array(components * size);
  for (let c = 0; c < components; c++) {
    const sample = await samples.read(order.at(c), 1);
    const { x } = await model.mapSamples('as models see them', sample, (batch) => ({ x: batch.x }));
    // What is missing starts at what the encoder takes it for; gradients move it as the rest.
    inputs.set(
      x.map((value) => (Number.isNaN(value) ? 0 : value)),
      c * size,
    );
  }
  return inputs;
}

/** The model's weights as constants, in the place of its variables. */
async function frozenWeights({ model }: Request): Promise<ReadonlyMap<Tensor, Tensor>> {
  const variables = [...model.table.variables.values()];
  const values = await model.settings.engine.variables.read(variables.map(({ name }) => name));
  return new Map(
    variables.flatMap((variable) => {
      const data = values.get(variable.name);
      return data ? [[variable, constant(data, variable.dtype, variable.shape)] as const] : [];
    }),
  );
}

/** The mixture over pseudo-inputs that are variables, through an encoder of constants. */
function trained(
  request: Request,
  start: Float32Array,
  frozen: ReadonlyMap<Tensor, Tensor>,
  scope: Scope,
): PriorModel {
  const { shape } = request.model.data;
  const components = start.length / sizeOf(shape);
  const inputs = scope.variable(PSEUDO_INPUTS, [components, ...shape], () => start);
  const q = standardPosterior(request, clamped(request, inputs));
  const [means, logVar] = substitute([q.mean, q.logVar], frozen);
  const logWeights = constant(-Math.log(components)).broadcastTo([1, components]);
  const distribution = (count: number) =>
    new NormalMixture({
      logWeights: logWeights.broadcastTo([count, components]),
      means,
      scale: { kind: 'diagonal', logVar },
    });
  return { objective: ({ x }) => ({ nll: distribution(x.shape[0]).logProb(x).neg() }) };
}

/** Pictures have intensities from 0 to 1; columns of tables have no bounds. */
function clamped({ model }: Request, u: Tensor): Tensor {
  return model.data.spec.kind === 'image' ? u.clip(0, 1) : u;
}

/** q(z|u) in standard scores, [count, d]. */
function standardPosterior({ model, description }: Request, u: Tensor): DiagonalNormal {
  const q = model.build().posterior?.({ x: u });
  if (!(q instanceof DiagonalNormal)) throw new Error('vamp: the posterior is not normal');
  const logVar = q.logVar.broadcastTo(q.mean.shape).reshape([u.shape[0], description.size]);
  const logDeviation = constant(description.deviation).log();
  return new DiagonalNormal({
    mean: description.standardise(q.mean),
    logVar: logVar.sub(logDeviation.mul(2)),
  });
}
