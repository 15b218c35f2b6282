import { describe, expect, test } from 'vitest';
import { Bernoulli, Categorical, DiagonalNormal, DiscretisedLogistic, kl } from '../probability/index.js';
import { constant, input, Program, type Tensor, vjp } from '../tensor/index.js';
import { engines } from './engines.js';

/** Every combination of the values, as one column per variable. */
function combinations(...values: readonly number[][]): Float32Array[] {
  const rows = values.reduce<number[][]>(
    (all, list) => all.flatMap((row) => list.map((value) => [...row, value])),
    [[]],
  );
  return values.map((_, k) => Float32Array.from(rows, (row) => row[k]));
}

interface Extreme {
  readonly values: readonly number[][];
  build(...columns: Tensor[]): Tensor;
  /** How many of the columns are parameters, with a gradient. */
  readonly parameters: number;
}

const FAR = [-1e4, -300, -1, 0, 1, 300, 1e4];
const LOG_VARS = [-80, -20, 0, 20, 80];

const extremes: Record<string, Extreme> = {
  'a normal’s cost at its mean and near it': {
    values: [[-1, 0, 1], LOG_VARS, [-1, 0, 1]],
    parameters: 2,
    build: (mean, logVar, x) => new DiagonalNormal({ mean, logVar }).nll(x),
  },
  'a normal’s divergence from the standard normal': {
    values: [FAR, LOG_VARS],
    parameters: 2,
    build: (mean, logVar) => kl(new DiagonalNormal({ mean, logVar }), DiagonalNormal.standard(mean.shape)),
  },
  'a normal’s reparameterised draw': {
    values: [FAR, LOG_VARS],
    parameters: 2,
    build: (mean, logVar) => new DiagonalNormal({ mean, logVar }).rsample().sum(1),
  },
  'a Bernoulli’s cost': {
    values: [FAR, [0, 0.5, 1]],
    parameters: 1,
    build: (logits, x) => new Bernoulli(logits).nll(x),
  },
  'a divergence between Bernoullis': {
    values: [FAR, FAR],
    parameters: 2,
    build: (q, p) => kl(new Bernoulli(q), new Bernoulli(p)),
  },
  'a categorical’s cost and entropy': {
    values: [FAR, FAR],
    parameters: 2,
    build: (a, b) => {
      const logits = a.mul(constant([1, 0])).add(b.mul(constant([0, 1])));
      const q = new Categorical(logits);
      return q.nll(constant(1, 'int32').broadcastTo([a.shape[0]])).add(q.entropy());
    },
  },
  'a divergence between categoricals': {
    values: [FAR, FAR],
    parameters: 2,
    build: (a, b) => {
      const of = (x: Tensor) => new Categorical(x.mul(constant([1, 0, -1])));
      return kl(of(a), of(b));
    },
  },
  'a discretised logistic’s cost at the edges and inside': {
    values: [FAR, [-80, -7, -1, 5, 30], [0, 1 / 255, 0.5, 254 / 255, 1]],
    parameters: 2,
    build: (location, logScale, x) => new DiscretisedLogistic({ location, logScale }).nll(x),
  },
};

describe.each(engines.map((engine) => [engine.name, engine] as const))('%s', (_, { create }) => {
  test.each(Object.entries(extremes))(
    '%s and its gradient are finite at extreme parameters',
    async (__, extreme) => {
      const columns = combinations(...extreme.values);
      const names = columns.map((___, k) => `column ${k}`);
      const tensors = names.map((name, k) => input(name, [columns[k].length, 1]));
      const y = extreme.build(...tensors);
      const gradients = vjp([y], tensors.slice(0, extreme.parameters), [constant(1).broadcastTo(y.shape)]);
      const outputs = {
        y,
        ...Object.fromEntries(gradients.map((gradient, k) => [`gradient ${k}`, gradient])),
      };
      const engine = create();
      const executable = await engine.compile(new Program({ outputs }));
      const results = await executable.run(Object.fromEntries(names.map((name, k) => [name, columns[k]])));
      await engine.dispose();
      const broken = Object.entries(results).flatMap(([name, values]) =>
        Array.from(values).flatMap((value, i) =>
          Number.isFinite(value) ? [] : [`${name} is ${value} at ${columns.map((column) => column[i])}`],
        ),
      );
      expect(broken).toEqual([]);
    },
  );
});
