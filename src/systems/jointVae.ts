/**
 * The joint VAE: some coordinates of the code are numbers and some categories, each kind held at a capacity of its own that
 * grows slowly,
 *
 *   mean_b[−log p(x|z,c)] + γ_z |mean_b KL_z − C_z(t)| + γ_c |mean_b KL_c − C_c(t)|,   C(t) = C_min + (C_max − C_min) min(1, t/T)
 *
 * It is the batch's mean that is compared. C_c never passes Σ_m log K_m, which no divergence from uniform categories does.
 *
 * Source: Dupont 2018 (arXiv:1804.00104).
 */
import { z } from 'zod';
import { linear, type Scope } from '../nn/index.js';
import {
  DiagonalNormal,
  type DrawOptions,
  indicesOf,
  kl,
  OneHotCategorical,
  Product,
  UniformOneHot,
} from '../probability/index.js';
import { concat, oneHot, randomNormal, split, type Tensor, zeros } from '../tensor/index.js';
import { drawOption, relaxedDraw } from './categoricalVae.js';
import type { DataDescription } from './description.js';
import { type GaussianVae, gaussianVae } from './gaussianVae.js';
import { gaussianVaeOptions, nonNegative } from './options.js';
import { requireBatch } from './requireBatch.js';
import { ramp } from './schedules.js';
import { system } from './system.js';
import { penalty, reported } from './terms.js';

const LEAST_BATCH = 16;

export const jointVae = system({
  name: 'joint-vae',
  title: 'Joint VAE',
  paper: 'Dupont, NeurIPS 2018, arXiv:1804.00104',
  objective: String.raw`-\mathbb{E}[\log p(x|z,c)] + \gamma_z\,|KL(q(z|x)\,\|\,p(z)) - C_z(t)| + \gamma_c\,|KL(q(c|x)\,\|\,p(c)) - C_c(t)|`,
  summary: 'A VAE whose code has coordinates and categories: what varies, apart from which kind it is.',
  takesHoles: true,
  options: gaussianVaeOptions.extend({
    categories: z
      .array(z.number().int().min(2))
      .default([10])
      .describe('categories of each categorical variable of the code'),
    gammaZ: nonNegative()
      .default(30)
      .describe('weight of the distance between KL and capacity of the coordinates'),
    gammaC: nonNegative().default(30).describe('the same of the categories'),
    capacityZ: nonNegative()
      .default(5)
      .describe('nats that the coordinates may hold at the end of the schedule'),
    capacityC: nonNegative()
      .default(5)
      .describe(
        'nats that the categories may hold then; never more than the sum of the logarithms of their counts',
      ),
    firstCapacity: nonNegative().default(0).describe('nats that each of the two may hold at step 0'),
    capacitySteps: z
      .number()
      .positive()
      .default(25_000)
      .describe('steps over which the capacities grow; below 1, that fraction of the run'),
    temperature: z.number().positive().default(0.67).describe('τ of the relaxed draws of categories'),
    draw: drawOption(),
  }),
  training: () => ({ learningRate: 5e-4, batchSize: 64 }),
  require: (given) =>
    requireBatch(given, LEAST_BATCH, 'joint-vae compares the batch’s mean KL with the capacities'),
  build(data, { categories, ...options }, scope) {
    const { latent, posterior, prior, likelihood } = jointParts(data, { categories, ...options }, scope);
    const { gammaZ, gammaC, firstCapacity, capacitySteps: length } = options;
    const grown = ramp(scope, { name: 'capacity', length });
    const distance = (nats: Tensor, most: number) => {
      const least = Math.min(firstCapacity, most);
      return nats
        .mean()
        .sub(grown.mul(most - least).add(least))
        .abs();
    };
    const mostC = Math.min(options.capacityC, logCount(categories));
    const zeroCode = (count: number) => zeros([count, latent]);
    return {
      codeShape: [latent + categories.reduce((sum, size) => sum + size, 0)],
      objective({ x }) {
        const { z, c } = posterior(x);
        const p = prior(x.shape[0]);
        const draws = c.map((q, m) =>
          relaxedDraw(
            q,
            { draw: options.draw, temperature: options.temperature, stream: `categories/${m}` },
            scope,
          ),
        );
        const klZ = kl(z, p.z);
        const klC = c.map((q, m) => kl(q, p.c[m])).reduce((sum, nats) => sum.add(nats), zeros([x.shape[0]]));
        return {
          reconstruction: likelihood(concat([z.rsample(), ...draws])).nll(x),
          kl: reported(klZ),
          klCategories: reported(klC),
          capacity: penalty(gammaZ, distance(klZ, options.capacityZ)),
          capacityCategories: penalty(gammaC, distance(klC, mostC)),
        };
      },
      encode: ({ x }) => {
        const { z, c } = posterior(x);
        return concat([z.mean, ...c.map(({ mode }) => mode)]);
      },
      decode: (code) => likelihood(code).mean,
      likelihood,
      posterior: ({ x }) => {
        const { z, c } = posterior(x);
        return new Product([z, ...c]);
      },
      prior: (count) => new JointPrior(prior(count)),
      ...(categories.length > 0
        ? {
            discrete: {
              maps: categories.map((size, m) => ({
                name: categories.length === 1 ? 'codes' : `codes${m + 1}`,
                shape: [],
                size,
              })),
              indices: ({ x }) => posterior(x).c.map(({ logits }) => logits.argMax(-1)),
              lookup: (indices) =>
                concat([
                  zeroCode(indices[0].shape[0]),
                  ...indices.map((index, m) => oneHot(index, categories[m])),
                ]),
            },
          }
        : {}),
    };
  },
});

type JointOptions = z.output<typeof gaussianVaeOptions> & { readonly categories: readonly number[] };

/** Independent parts of a code: numbers, and categories. */
interface Parts {
  readonly z: DiagonalNormal;
  readonly c: readonly OneHotCategorical[];
}

interface JointParts extends Pick<GaussianVae, 'latent'> {
  posterior(x: Tensor): Parts;
  prior(count: number): Parts;
  /** p(x|z, c) for codes [...draws, batch, latent + Σ K]. */
  likelihood(code: Tensor): ReturnType<GaussianVae['likelihood']>;
}

/** A Gaussian VAE whose features also make logits of categories. */
function jointParts(
  data: DataDescription,
  { categories, ...options }: JointOptions,
  scope: Scope,
): JointParts {
  const { latent, features, posterior, likelihood } = gaussianVae(data, options, scope);
  const heads = categories.map((size, m) => linear(size)(scope.child(`logits.${m}`)));
  return {
    latent,
    posterior: (x) => ({
      z: posterior(x),
      c: heads.map((head) => new OneHotCategorical(head(features(x)))),
    }),
    prior: (count) => ({
      z: DiagonalNormal.standard([count, latent]),
      c: categories.map((size) => new UniformOneHot([count, size])),
    }),
    likelihood(code) {
      const [z, ...c] = split(code, [latent, ...categories]);
      return likelihood(z, c.length > 0 ? concat(c) : undefined);
    },
  };
}

/** N(0, I) beside uniform categories, drawn from one standard normal number for each coordinate and category. */
class JointPrior extends Product {
  constructor(readonly joint: Parts) {
    super([joint.z, ...joint.c]);
  }

  override sample({ stream = 'prior', draws }: DrawOptions = {}): Tensor {
    const { z, c } = this.joint;
    const [count, latent] = z.mean.shape;
    const lead = draws === undefined ? [count] : [draws, count];
    const noise = randomNormal(stream, [...lead, latent + c.length]);
    const [numbers, ...others] = split(noise, [latent, ...c.map(() => 1)]);
    const chosen = others.map((g, m) => {
      const { classes } = c[m];
      return oneHot(indicesOf(g.reshape(lead), classes), classes);
    });
    return concat([numbers, ...chosen]);
  }
}

/** Σ log K_m, nats. */
function logCount(categories: readonly number[]): number {
  return categories.reduce((sum, size) => sum + Math.log(size), 0);
}
