/**
 * The categorical VAE: M variables of K categories each, trained through relaxed draws of them,
 *
 *   y = softmax((log q + g) / τ),   g Gumbel noise,   τ(t) = max(τ_min, τ_0 e^(−r t))
 *
 * The divergence is that of the categories, as in the paper: beside soft draws it is no bound on log p(x). With `bound`
 * relaxed, training takes the densities of the relaxed draws instead, which is one, on the relaxed model. Evaluation draws
 * categories, and its bound is the discrete model's.
 *
 * Sources: Jang, Gu & Poole 2017 (arXiv:1611.01144); the strict bound: Maddison, Mnih & Teh 2017, §3.3 (arXiv:1611.00712).
 */
import { z } from 'zod';
import { linear, reshape, type Scope, sequential } from '../nn/index.js';
import { kl, OneHotCategorical, RelaxedOneHot, UniformOneHot } from '../probability/index.js';
import { oneHot, type Tensor } from '../tensor/index.js';
import { networksFor } from './architectures/index.js';
import { OptionError } from './errors.js';
import { decodeDraws } from './gaussianVae.js';
import { likelihoodFor } from './likelihoods.js';
import { likelihoodOptions, networkOptions, nonNegative, positiveInteger } from './options.js';
import { annealed } from './schedules.js';
import { system } from './system.js';
import { weighted } from './terms.js';

const draws = ['soft', 'hard'] as const;

/** Draws of categories that gradients go through, in training; in evaluation, categories. */
export function relaxedDraw(
  q: OneHotCategorical,
  {
    draw,
    temperature,
    stream,
  }: { draw: (typeof draws)[number]; temperature: Tensor | number; stream?: string },
  scope: Scope,
): Tensor {
  if (!scope.training) return q.sample({ stream });
  const relaxed = new RelaxedOneHot(q.logits, temperature, q.eventRank);
  return draw === 'hard' ? relaxed.rsampleHard({ stream }) : relaxed.rsample({ stream });
}

export const drawOption = () =>
  z
    .enum(draws)
    .default('soft')
    .describe(
      'what the decoder is trained on: relaxed draws, or their nearest corners with a gradient straight through',
    );

export const categoricalVae = system({
  name: 'categorical-vae',
  title: 'Categorical VAE',
  paper: 'Jang et al., ICLR 2017, arXiv:1611.01144; Maddison et al., ICLR 2017, arXiv:1611.00712',
  objective: String.raw`-\mathbb{E}[\log p(x|y)] + \beta \sum_m KL(q(c_m|x)\,\|\,p(c_m)),\quad y_m = \mathrm{softmax}((\log q_m + g_m)/\tau)`,
  summary: 'A VAE whose code is a handful of categories instead of numbers, trained through relaxed draws.',
  takesHoles: true,
  options: networkOptions
    .omit({ latent: true })
    .extend(likelihoodOptions.shape)
    .extend({
      variables: positiveInteger().default(20).describe('M, categorical variables of the code'),
      categories: z.number().int().min(2).default(10).describe('K, categories of each variable'),
      beta: nonNegative().default(1).describe('weight of the KL term'),
      draw: drawOption(),
      bound: z
        .enum(['categorical', 'relaxed'])
        .default('categorical')
        .describe(
          'KL of the categories, which beside soft draws is no bound; or that of the relaxed draws’ densities, which is one',
        ),
      temperature: z.number().positive().default(1).describe('τ at the first step'),
      minTemperature: z.number().positive().default(0.5).describe('τ is never lower'),
      temperatureRate: nonNegative().default(3e-5).describe('r: τ falls as e^(−r · step)'),
      temperatureEvery: positiveInteger().default(1000).describe('steps between two changes of τ'),
    }),
  require: ({ options: { temperature, minTemperature } }) => {
    if (temperature < minTemperature)
      throw new OptionError(
        'temperature',
        `of ${temperature} lies below minTemperature ${minTemperature}, so that nothing falls`,
      );
  },
  build(data, options, scope) {
    const { variables, categories, beta, draw, bound } = options;
    if (draw === 'hard' && bound === 'relaxed')
      throw new OptionError('bound', 'relaxed is about the density of soft draws; leave draw hard out');
    const codeShape = [variables, categories];
    const likelihood = likelihoodFor(data, options, scope.child('likelihood'));
    const networks = networksFor(data, likelihood.outputShape, options);
    const trunk = networks.encoder(scope.child('encoder'));
    const head = sequential(linear(variables * categories), reshape(codeShape))(scope.child('logits'));
    const decoder = networks.decoder(scope.child('decoder'));
    const posterior = (x: Tensor) => new OneHotCategorical(head(trunk(x).flatten()));
    const prior = (count: number) => new UniformOneHot([count, ...codeShape]);
    const explain = (code: Tensor) =>
      decodeDraws(decoder, likelihood, code.reshape([...code.shape.slice(0, -2), variables * categories]));
    const { temperature: from, minTemperature: to, temperatureRate: rate, temperatureEvery: every } = options;
    const temperature = annealed(scope, { from, to, rate, every });
    const maps = [{ name: 'codes', shape: [variables], size: categories }];
    return {
      codeShape,
      objective({ x }) {
        const q = posterior(x);
        const p = prior(x.shape[0]);
        if (bound === 'relaxed' && scope.training) {
          const [ofQ, ofP] = [q, p].map(({ logits }) => new RelaxedOneHot(logits, temperature));
          const logY = ofQ.rsampleLog();
          const nats = ofQ.logProb(logY).sub(ofP.logProb(logY));
          return { reconstruction: explain(logY.exp()).nll(x), kl: weighted(beta, nats) };
        }
        return {
          reconstruction: explain(relaxedDraw(q, { draw, temperature }, scope)).nll(x),
          kl: weighted(beta, kl(q, p), { coordinates: q.klPerVariable(p) }),
        };
      },
      encode: ({ x }) => posterior(x).mode,
      decode: (code) => explain(code).mean,
      likelihood: explain,
      posterior: ({ x }) => posterior(x),
      prior,
      discrete: {
        maps,
        indices: ({ x }) => [posterior(x).logits.argMax(-1)],
        lookup: ([indices]) => oneHot(indices, categories),
      },
    };
  },
});
