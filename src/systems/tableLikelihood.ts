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
import { filled, type Scope } from '../nn/index.js';
import { DiagonalNormal, type Distribution } from '../probability/index.js';
import { concat, constant, logSoftmax, softmax, type Tensor } from '../tensor/index.js';
import { columnWidth, countFromModel, countToModel } from './description.js';
import type { Likelihood } from './likelihood.js';

/** Learned log-deviations of numeric columns stay above this, or a constant column would make them fall for ever. */
const SMALLEST_LOG_SIGMA = -6;
/** e^η beyond this overflows long before it means anything. */
const LARGEST_LOG_RATE = 30;

interface ColumnLikelihood {
  /** Numbers that the decoder gives for the column. */
  outputs: number;
  /** −log p(value), [...draws, batch]; the value as models see it, [batch, width]. */
  nll(output: Tensor, value: Tensor): Tensor;
  /** The expected value as models see it, [batch, width]. */
  mean(output: Tensor): Tensor;
}

export function tableLikelihood({ columns }: TableSpec, scope: Scope): Likelihood {
  const parts = columns.map((column, i) => likelihoods[column.type](column, scope.child(String(i))));
  const outputs = offsetsOf(parts.map((part) => part.outputs));
  const values = offsetsOf(columns.map(columnWidth));
  return {
    name: 'table',
    outputShape: [outputs.total],
    distribution: (output) => new RowDistribution(parts, outputs.cut(output), values.cut),
  };
}

function offsetsOf(widths: readonly number[]): { total: number; cut: (x: Tensor) => Tensor[] } {
  const starts = widths.map((_, i) => widths.slice(0, i).reduce((sum, width) => sum + width, 0));
  return {
    total: widths.reduce((sum, width) => sum + width, 0),
    cut: (x) => widths.map((width, i) => x.sliceAlong(-1, starts[i], starts[i] + width)),
  };
}

class RowDistribution implements Distribution {
  readonly eventRank = 1;

  constructor(
    readonly parts: readonly ColumnLikelihood[],
    readonly outputs: readonly Tensor[],
    readonly cut: (x: Tensor) => Tensor[],
  ) {}

  get mean(): Tensor {
    return concat(this.parts.map((part, i) => part.mean(this.outputs[i])));
  }

  nll(x: Tensor): Tensor {
    const values = this.cut(x);
    return this.parts
      .map((part, i) => part.nll(this.outputs[i], values[i]))
      .reduce((sum, term) => sum.add(term));
  }

  logProb(x: Tensor): Tensor {
    return this.nll(x).neg();
  }

  sample(): Tensor {
    throw new Error('drawing rows of a table is not supported; use the mean');
  }
}

const likelihoods: Record<Column['type'], (column: Column, scope: Scope) => ColumnLikelihood> = {
  numeric: (_, scope) => {
    const lambda = scope.variable('logSigma', [], filled(0));
    const logVar = lambda.sub(SMALLEST_LOG_SIGMA).softplus().add(SMALLEST_LOG_SIGMA).mul(2);
    return {
      outputs: 1,
      nll: (mean, value) => new DiagonalNormal({ mean, logVar, eventRank: 1 }).nll(value),
      mean: (output) => output,
    };
  },
  count: (column) => ({
    outputs: 1,
    nll: (output, value) => {
      const logRate = output.min(LARGEST_LOG_RATE);
      const count = countFromModel(column, value).stopGradient();
      return logRate.exp().sub(count.mul(logRate)).add(count.add(1).lgamma()).sum(-1);
    },
    mean: (output) => countToModel(column, output.min(LARGEST_LOG_RATE).exp()),
  }),
  binary: () => ({
    outputs: 1,
    nll: (logit, value) => logit.softplus().sub(value.mul(logit)).sum(-1),
    mean: (logit) => logit.sigmoid(),
  }),
  categorical: (column) => ({
    outputs: columnWidth(column),
    nll: (logits, value) => logSoftmax(logits).mul(value).sum(-1).neg(),
    mean: (logits) => softmax(logits),
  }),
  ordinal: (column, scope) => {
    const levels = columnWidth(column);
    // Thresholds rise: each is the one before plus a positive step.
    const first = scope.variable('threshold', [1], filled(-(levels - 2) / 2));
    const steps = scope.variable('steps', [Math.max(0, levels - 2)], filled(Math.log(Math.E - 1)));
    const thresholds = concat([first, first.add(steps.softplus().cumsum())]);
    const shares = (eta: Tensor) => {
      const below = thresholds.sub(eta).sigmoid();
      const edge = (value: number) => constant(value).broadcastTo([...eta.shape]);
      return concat([below, edge(1)]).sub(concat([edge(0), below]));
    };
    return {
      outputs: 1,
      nll: (eta, value) => shares(eta).max(1e-12).log().mul(value).sum(-1).neg(),
      mean: shares,
    };
  },
};
