/**
 * The likelihood of a table's row: columns are independent given the code, each with the distribution of its type.
 *
 *   numeric      N(μ, σ²) of the standard score, μ from the decoder, σ learned for the column
 *   count        Poisson(e^η)
 *   binary       Bernoulli(logit)
 *   categorical  softmax of one logit per category
 *   ordinal      cumulative logits: P(k ≤ j) = S(t_j − η), thresholds t learned for the column (McCullagh 1980)
 *
 * Nats are of the row as models see it: of standard scores for numeric columns, of the values themselves otherwise.
 */
import type { Column, TableSpec } from '../data/index.js';
import type { Scope } from '../nn/index.js';
import { Bernoulli, Categorical, DiagonalNormal } from '../probability/index.js';
import { concat, logSoftmax, oneHot, split, type Tensor } from '../tensor/index.js';
import { columnWidth, countFromModel, countToModel } from './description.js';
import { learnedLogVar } from './gaussianLikelihood.js';
import type { Likelihood, SampleDistribution } from './likelihood.js';
import { ordinalLogShares } from './ordinal.js';
import { boundedLogRate, poissonDraw, poissonNll } from './poisson.js';

interface ColumnLikelihood {
  /** Numbers that the decoder gives for the column. */
  outputs: number;
  /** From the decoder's numbers [...draws, batch, outputs]; values are as models see them, [batch, width]. */
  distribution(output: Tensor): SampleDistribution;
}

export function tableLikelihood({ columns }: TableSpec, scope: Scope): Likelihood {
  const parts = columns.map((column, i) => likelihoods[column.type](column, scope.child(String(i))));
  const outputs = parts.map((part) => part.outputs);
  const widths = columns.map(columnWidth);
  return {
    outputShape: [outputs.reduce((sum, count) => sum + count, 0)],
    distribution: (output) => {
      const cells = split(output, outputs).map((part, i) => parts[i].distribution(part));
      return {
        mean: concat(cells.map(({ mean }) => mean)),
        nll: (x) => {
          const values = split(x, widths);
          return cells.map((cell, i) => cell.nll(values[i])).reduce((sum, term) => sum.add(term));
        },
        marginalNll: (x, observed) => {
          const [values, isThere] = [split(x, widths), split(observed, widths)];
          // All numbers of a column are there, or none.
          const terms = cells.map((cell, i) => cell.nll(values[i]).mul(isThere[i].mean(-1)));
          return terms.reduce((sum, term) => sum.add(term));
        },
        sample: ({ stream }) => concat(cells.map((cell, i) => cell.sample({ stream: `${stream}.${i}` }))),
      };
    },
  };
}

const likelihoods: Record<Column['type'], (column: Column, scope: Scope) => ColumnLikelihood> = {
  numeric: (_, scope) => {
    const logVar = learnedLogVar(scope);
    return { outputs: 1, distribution: (mean) => new DiagonalNormal({ mean, logVar, eventRank: 1 }) };
  },
  count: (column) => ({
    outputs: 1,
    distribution: (output) => {
      const logRate = boundedLogRate(output);
      return {
        mean: countToModel(column, logRate.exp()),
        nll: (x) => poissonNll(logRate, countFromModel(column, x)).sum(-1),
        sample: ({ stream }) => countToModel(column, poissonDraw(logRate, stream)),
      };
    },
  }),
  binary: () => ({ outputs: 1, distribution: (logit) => new Bernoulli(logit, 1) }),
  categorical: (column) => ({
    outputs: columnWidth(column),
    distribution: (logits) => oneOf(logSoftmax(logits)),
  }),
  ordinal: (column, scope) => {
    const logSharesOf = ordinalLogShares(columnWidth(column), scope);
    return {
      outputs: 1,
      distribution: (eta) => oneOf(logSharesOf(eta)),
    };
  },
};

/** One of several values, one-hot, with these log-probabilities along the last axis. */
function oneOf(logShares: Tensor): SampleDistribution {
  return {
    mean: logShares.exp(),
    nll: (x) => logShares.mul(x).sum(-1).neg(),
    sample: (options) =>
      oneHot(new Categorical(logShares).sample(options), logShares.shape[logShares.rank - 1]),
  };
}
