/**
 * The model that all systems with codebooks share: levels of vectors, each quantised, the sample explained by all of them.
 *
 *   −log p(x|z_q) + Σ_l [ mean_p ‖sg(z) − z_q‖² + β mean_p ‖z − sg(z_q)‖² ]
 *
 * Distances are summed over a vector's numbers and averaged over a map's positions p; often they are averaged over the
 * numbers too, which is β / D here. Where codebooks are running means the first of them is absent.
 *
 * With a uniform prior over indices the divergence is the constant Σ_l P_l log K_l: no gradient, but a part of the bound.
 */
import { columnMoments } from '../data/index.js';
import type { Quantised, Quantiser, Scope } from '../nn/index.js';
import { indicesOf } from '../probability/index.js';
import {
  concat,
  constant,
  fill,
  iota,
  randomNormal,
  sizeOf,
  split,
  type Tensor,
  type Variable,
} from '../tensor/index.js';
import type { CodeMapNetworks } from './architectures/codeMaps.js';
import type { Likelihood, SampleDistribution } from './likelihood.js';
import { commitmentWeightOf, type QuantiserOptions, startsFromData } from './quantiserOptions.js';
import type { CodeMap, CodePrior, DiscreteCodes, Model } from './system.js';
import { penalty, reported, type Terms } from './terms.js';

/** A level of the code, from the top. */
export interface QuantisedLevel {
  /** Such as `top`; a single one is called `codes`. */
  readonly name: string;
  readonly quantiser: Quantiser;
}

export interface QuantisedParts {
  readonly levels: readonly QuantisedLevel[];
  readonly networks: CodeMapNetworks;
  readonly likelihood: Likelihood;
}

export function quantisedAutoencoder(parts: QuantisedParts, options: QuantiserOptions): Model {
  const { levels, networks, likelihood } = parts;
  const shapes = levels.map(({ quantiser }, l) => [...networks.maps[l], quantiser.dimension]);
  const codeShape = shapes.length === 1 ? shapes[0] : [shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)];
  const maps = mapsOf(parts);
  const quantised = (x: Tensor): Quantised[] => {
    const found: Quantised[] = [];
    networks.encode(x, (level, vectors) => {
      found[level] = levels[level].quantiser.quantise(vectors);
      return found[level].code;
    });
    return found;
  };
  const join = (codes: readonly Tensor[]) =>
    codes.length === 1 ? codes[0] : concat(codes.map((code) => code.flatten()));
  /** The parts of codes [count, ...code] by level, [count, ...map, d]. */
  const taken = (code: Tensor) => {
    const [count] = code.shape;
    const rows = split(code.reshape([count, sizeOf(codeShape)]), shapes.map(sizeOf));
    return rows.map((row, l) => row.reshape([count, ...shapes[l]]));
  };
  const explain = (code: Tensor): SampleDistribution => {
    const lead = code.shape.slice(0, code.rank - codeShape.length);
    const output = networks.decode(taken(code.reshape([sizeOf(lead), ...codeShape])));
    return likelihood.distribution(output.reshape([...lead, ...likelihood.outputShape]));
  };
  const discrete: DiscreteCodes = {
    maps,
    indices: ({ x }) => choicesOf(quantised(x)).map(({ indices }) => indices),
    lookup(indices) {
      let next = 0;
      return join(
        levels.map(({ quantiser }) => {
          const own = indices.slice(next, next + quantiser.sizes.length);
          next += own.length;
          return quantiser.lookup(own);
        }),
      );
    },
    quantised: ({ x }) => choicesOf(quantised(x)),
    unquantised({ x }) {
      const vectors: Tensor[] = [];
      networks.encode(x, (level, own) => {
        vectors[level] = own;
        return levels[level].quantiser.quantise(own).code;
      });
      return join(vectors);
    },
    quantise: (vectors) => join(taken(vectors).map((own, l) => levels[l].quantiser.quantise(own).code)),
  };
  return {
    codeShape,
    objective({ x }) {
      const found = quantised(x);
      return {
        reconstruction: explain(join(found.map(({ code }) => code))).nll(x),
        kl: reported(fill([x.shape[0]], uniformNats(maps))),
        ...distanceTerms(levels, found, commitmentWeightOf(options)),
      };
    },
    encode: (batch) => discrete.lookup(discrete.indices(batch)),
    decode: (code) => explain(code).mean,
    likelihood: explain,
    prior: (count) => uniformPrior(discrete, join(meanOf(parts, count)), count),
    discrete,
    ...(startsFromData(options) ? { start: startOf(parts) } : {}),
  };
}

const choicesOf = (found: readonly Quantised[]) => found.flatMap(({ choices }) => choices);

/** One map for each codebook; those of one level, where there are several, are told apart by number. */
function mapsOf({ levels, networks }: QuantisedParts): CodeMap[] {
  return levels.flatMap(({ name, quantiser: { sizes } }, l) =>
    sizes.map((size, s) => ({
      name: sizes.length === 1 ? name : `${name}${s + 1}`,
      shape: networks.maps[l],
      size,
    })),
  );
}

/** Σ P log K, nats: what indices cost under a uniform prior. */
export function uniformNats(maps: readonly CodeMap[]): number {
  return maps.reduce((sum, { shape, size }) => sum + sizeOf(shape) * Math.log(size), 0);
}

function distanceTerms(
  levels: readonly QuantisedLevel[],
  found: readonly Quantised[],
  commitmentWeight: number,
): Terms {
  const all = levels.flatMap(({ name }, l) => {
    const { codebook, commitment } = found[l];
    const of = (term: string) => (levels.length === 1 ? term : `${term}.${name}`);
    return [
      ...(codebook ? [[of('codebook'), penalty(1, codebook)] as const] : []),
      ...(commitment ? [[of('commitment'), penalty(commitmentWeight, commitment)] as const] : []),
    ];
  });
  return Object.fromEntries(all);
}

/** Means over all indices, one for each level, [count, ...map, d]. */
function meanOf({ levels, networks }: QuantisedParts, count: number): Tensor[] {
  return levels.map(({ quantiser: { sizes, dimension, lookup } }, l) =>
    // Codebooks of a level have one size, and what stands at the same index of all has the mean of all.
    lookup(sizes.map((size) => iota([size])))
      .mean(0)
      .broadcastTo([count, ...networks.maps[l], dimension]),
  );
}

/** Every index alike, made of one standard normal number each. */
function uniformPrior({ maps, lookup }: DiscreteCodes, mean: Tensor, count: number): CodePrior {
  const places = maps.map(({ shape }) => sizeOf(shape));
  const sizes = constant(maps.flatMap(({ size }, m) => new Array(places[m]).fill(size)));
  return {
    name: 'uniform over the indices of codes',
    mean,
    sample({ stream = 'prior', draws } = {}) {
      const lead = draws === undefined ? [count] : [draws, count];
      const indices = split(indicesOf(randomNormal(stream, [...lead, sizes.size]), sizes), places);
      const flat = indices.map((each, m) => each.reshape([sizeOf(lead), ...maps[m].shape]));
      return lookup(flat)
        .reshape([...lead, ...mean.shape.slice(1)])
        .stopGradient();
    },
  };
}

/** Deviations below this are those of what does not depend on the sample. */
const NO_DEVIATION = 1e-6;

/** What is observed of samples beside vectors; no level is called so. */
const SAMPLES = 'samples';

/**
 * The untrained encoder's last layers are scaled and shifted so that each number of their vectors has mean 0 and variance 1 over the data,
 * codebooks begin as k-means of that, and the decoder's last biases say the samples' mean.
 *
 * Without the scale vectors begin fifty times smaller than they will be and leave their codebook behind: a few entries for all of them;
 * and where numbers are rounded to levels all begin at one level, 0 where there are four, from which a decoder of rectifiers has no
 * gradient. Without the biases it is the vectors that have to say that most of a picture is dark: all move the same way, away from the
 * codebook, or to where tanh is flat, for a bias moves by no more than the learning rate in a step.
 *
 * Source: Salimans & Kingma 2016, §3 (arXiv:1602.07868), for the scale from data.
 */
function startOf({ levels, networks, likelihood: { outputFor } }: QuantisedParts): Model['start'] {
  return {
    observe({ x }) {
      const observed: Record<string, Tensor> = {};
      const codes: Tensor[] = [];
      networks.encode(x, (level, own) => {
        observed[levels[level].name] = own.flatten();
        const { bias } = networks.head(level);
        // To each level, those above are what they will be for: codes lie among such vectors.
        const rows = own.reshape([-1, bias.size]);
        const centred = rows.sub(rows.mean(0));
        const deviation = centred.square().mean(0).sqrt();
        const isConstant = deviation.less(NO_DEVIATION);
        codes[level] = centred.div(isConstant.where(1, deviation)).reshape(own.shape);
        return codes[level];
      });
      if (outputFor) {
        networks.decode(codes);
        const { bias } = networks.tail();
        observed[SAMPLES] = x.reshape([x.shape[0], -1, bias.size]).mean(1);
      }
      return observed;
    },
    initialise(values, draws, initial) {
      const begun = new Map<Variable, Float32Array>();
      for (const [l, { name, quantiser }] of levels.entries()) {
        const { weight, bias } = networks.head(l);
        const { mean, deviation } = columnMoments(values[name], bias.size);
        const scales = deviation.map((each) => (each < NO_DEVIATION ? 1 : 1 / each));
        const scaled = (of: Float32Array) => of.map((value, i) => value * scales[i % bias.size]);
        begun.set(weight, scaled(initial(weight)));
        begun.set(bias, scaled(initial(bias).map((value, j) => value - mean[j])));
        const vectors = scaled(values[name].map((value, i) => value - mean[i % bias.size]));
        for (const [variable, value] of quantiser.start?.(vectors, draws) ?? []) begun.set(variable, value);
      }
      if (outputFor) {
        const { bias } = networks.tail();
        begun.set(bias, Float32Array.from(columnMoments(values[SAMPLES], bias.size).mean, outputFor));
      }
      return begun;
    },
  };
}

/** Scopes of the levels' quantisers: a single one's is `quantiser`. */
export function quantiserScope(scope: Scope, level: string, levels: number): Scope {
  return scope.child(levels === 1 ? 'quantiser' : `quantiser.${level}`);
}
