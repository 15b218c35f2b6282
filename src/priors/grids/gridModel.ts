/**
 * Autoregressive distributions of index maps, the coarser before the finer ones:
 *
 *   p(k) = Π_m Π_i p(k_mi | k_m,<i, k_<m, y)
 *
 * Each map has a causal network of its own, with embedded indices as its input, and is told the maps before it by a
 * convolutional network that brings them to its size. Maps share nothing, so every one is trained as if alone.
 *
 * Sources: van den Oord et al. 2016 (arXiv:1606.05328); maps in levels: Razavi et al. 2019, algorithm 2 (arXiv:1906.00446).
 */
import { conv, embedding, linear, relu, residual, type Scope, sequential } from '../../nn/index.js';
import { Categorical } from '../../probability/index.js';
import { type Batch, type CodeMap, only, type Terms, together } from '../../systems/index.js';
import { concat, constant, iota, oneHot, ones, type Shape, type Tensor } from '../../tensor/index.js';
import { requireLabels } from '../conditional.js';
import { type GridCodes, splitMaps } from '../description.js';
import type { Drawing, DrawingPart, PriorModel } from '../prior.js';
import type { CausalNetwork } from './causalNetwork.js';

export interface GridModelOptions {
  /** Length of an embedded index. */
  readonly embedding: number;
  /** Channels of the layer before the logits. */
  readonly headChannels: number;
  /** Of the network that is told the maps before. */
  readonly conditionBlocks: number;
  readonly isConditional: boolean;
  /** The causal network of a map of so many positions. */
  network(inputs: number, positions: number, scope: Scope): CausalNetwork;
}

type State = Readonly<Record<string, Tensor>>;

export function gridModel(codes: GridCodes, options: GridModelOptions, scope: Scope): PriorModel {
  const { maps, data } = codes;
  const networks = maps.map((map, m) =>
    mapNetwork(map, maps.slice(0, m), data.classes, options, scope.child(map.name)),
  );
  const nll = ({ x, labels }: Batch, m: number) => {
    const indices = splitMaps(x, maps);
    return networks[m].nll(indices[m], indices.slice(0, m), labels);
  };
  const phases = maps.map(({ name }, m) => ({
    name,
    moves: only(scope.child(name)),
    objective: (batch: Batch): Terms => ({ [name]: nll(batch, m) }),
  }));
  const [first, ...others] = phases;
  return {
    objective: (batch) => Object.fromEntries(maps.map(({ name }, m) => [name, nll(batch, m)])),
    ...(others.length > 0 ? { stages: [together(first, ...others)] } : {}),
    drawing: (count, labels) => {
      const states = networks.map((network) => network.state(count));
      return {
        state: Object.assign({}, ...states),
        parts: networks.flatMap((network) => network.parts(count, labels)),
        codes: (state) => concat(networks.map((network) => network.indices(state).reshape([count, -1]))),
      };
    },
  };
}

interface MapNetwork {
  /** −log p of the indices of a map given those before it, nats, [batch]. */
  nll(indices: Tensor, before: readonly Tensor[], labels: Tensor | undefined): Tensor;
  state(count: number): Drawing['state'];
  parts(count: number, labels: Tensor | undefined): DrawingPart[];
  /** The drawn indices, int32 [count, ...map]. */
  indices(state: State): Tensor;
}

function mapNetwork(
  { name, shape, size }: CodeMap,
  before: readonly CodeMap[],
  classes: number,
  options: GridModelOptions,
  scope: Scope,
): MapNetwork {
  const [rows, columns] = gridOf(shape);
  const embed = embedding(size, options.embedding)(scope.child('embedding'));
  const inputs = options.embedding + 1;
  // A channel of ones tells a position from the padding, which is all zeros.
  const inputOf = (indices: Tensor) => concat([embed(indices), ones([...indices.shape, 1])]);
  const network = options.network(inputs, rows * columns, scope.child('network'));
  const head = sequential(relu, linear(options.headChannels), relu, linear(size))(scope.child('head'));
  const spatial =
    before.length > 0 ? mapCondition(before, [rows, columns], options, scope.child('condition')) : undefined;
  const classOf = linear(options.embedding, { bias: false })(scope.child('class'));
  const conditionOf = (features: Tensor | undefined, labels: Tensor | undefined) => {
    if (!options.isConditional) return features;
    const rows = oneHot(requireLabels(labels), classes);
    const told = rows.reshape([rows.shape[0], 1, 1, classes]);
    return features ? features.add(classOf(told)) : told;
  };
  const key = (part: string) => `${name}.${part}`;
  const conditionShape = [rows, columns, options.embedding];

  return {
    nll(indices, maps, labels) {
      const grid = indices.reshape([indices.shape[0], rows, columns]);
      const features = network.grid(inputOf(grid), conditionOf(spatial?.(maps), labels));
      return new Categorical(head(features), 2).nll(grid);
    },
    state: (count) => ({
      [key('indices')]: { shape: [count, rows, columns], dtype: 'int32' },
      ...(spatial ? { [key('condition')]: { shape: [count, ...conditionShape] } } : {}),
      ...Object.fromEntries(
        Object.entries(network.memory(count, { rows, columns })).map(([memory, each]) => [
          key(memory),
          { shape: each },
        ]),
      ),
    }),
    parts: (count, labels) => [
      ...(spatial
        ? [
            {
              steps: 1,
              step: (state: State) => ({
                [key('condition')]: spatial(
                  before.map((map) => state[`${map.name}.indices`].reshape([count, ...map.shape])),
                ),
              }),
            },
          ]
        : []),
      {
        steps: rows,
        choices: { count: columns, size },
        step(state, row, choose) {
          const features = spatial && rowOf(state[key('condition')], row);
          const memory = Object.fromEntries(
            Object.keys(network.memory(count, { rows, columns })).map((each) => [each, state[key(each)]]),
          );
          const condition = conditionOf(features, labels);
          const pass = network.row(memory, { row, rows, columns, ...(condition ? { condition } : {}) });
          const drawn: Tensor[] = [];
          let last: Tensor | undefined;
          for (let column = 0; column < columns; column++) {
            const logits = head(pass.next(last)).reshape([count, 1, size]);
            const index = choose(logits, columnStream(name, column));
            drawn.push(index);
            last = inputOf(index.reshape([count, 1, 1]));
          }
          const after = last ? pass.end(last) : {};
          const now = concat(drawn, 1).expandDims(1);
          return {
            [key('indices')]: iota([1, rows, 1], 1).equal(row).where(now, state[key('indices')]),
            ...Object.fromEntries(Object.entries(after).map(([each, value]) => [key(each), value])),
          };
        },
      },
    ],
    indices: (state) => state[key('indices')].reshape([state[key('indices')].shape[0], ...shape]),
  };
}

/** Noise of one column of a map; rows are steps, which have noise of their own anyway. */
export const columnStream = (map: string, column: number) => `${map}.column${column}`;

/** What a map is told of those before it: each embedded, seen by residual blocks, and brought to its size; their sum. */
function mapCondition(
  before: readonly CodeMap[],
  target: readonly [rows: number, columns: number],
  { embedding: width, conditionBlocks }: GridModelOptions,
  scope: Scope,
): (indices: readonly Tensor[]) => Tensor {
  const paths = before.map(({ name, shape, size }) => {
    const own = scope.child(name);
    const block = residual(
      sequential(relu, conv({ filters: width, kernel: 3 }), relu, conv({ filters: width, kernel: 1 })),
    );
    const blocks = sequential(...Array.from({ length: conditionBlocks }, () => block))(own.child('blocks'));
    const embed = embedding(size, width)(own.child('embedding'));
    return (indices: Tensor) => {
      const grid = indices.reshape([indices.shape[0], ...gridOf(shape)]);
      return resized(blocks(embed(grid)), target);
    };
  });
  return (indices) => paths.map((path, m) => path(indices[m])).reduce((sum, each) => sum.add(each));
}

/** Nearest positions: [batch, rows, columns, n] → [batch, ...target, n]. */
function resized(x: Tensor, target: readonly [rows: number, columns: number]): Tensor {
  return target.reduce((now, length, i) => {
    const axis = i + 1;
    const from = now.shape[axis];
    if (from === length) return now;
    const nearest = Int32Array.from({ length }, (_, at) => Math.floor((at * from) / length));
    const order = now.shape.map((_, a) => (a === 0 ? axis : a === axis ? 0 : a));
    return now
      .transpose(order)
      .gather(constant(nearest, 'int32', [length]))
      .transpose(order);
  }, x);
}

/** One row of [batch, rows, columns, n] by its number, [batch, 1, columns, n]. */
function rowOf(x: Tensor, row: Tensor): Tensor {
  return x
    .transpose([1, 0, 2, 3])
    .gather(row.reshape([1]))
    .transpose([1, 0, 2, 3]);
}

/** A map of one axis is one row, one of more than two axes as well. */
export function gridOf(shape: Shape): readonly [rows: number, columns: number] {
  const [rows, columns] = shape;
  return shape.length === 2 ? [rows, columns] : [1, shape.reduce((product, length) => product * length, 1)];
}
