/**
 * PixelSNAIL: blocks of gated residual convolutions over what is above and to the left, each block followed by attention to
 * everything before.
 *
 *   unit   u′ = u + a σ(b),   [a, b] = C₂∗f(C₁∗f(u)) + auxiliary + c,   f(u) = [elu(u), elu(−u)]
 *   block  R units; y = attention of (u, place) to (x, u, place); a unit of 1 × 1 that is told y
 *
 * Only the first features hide the position itself: they are of the rows above, and of what is to the left. Keys and values
 * know the raw input x of their own position, so attention is strict.
 *
 * Attention also sees what convolutions cannot: above and far to the right lies a blind spot of theirs.
 *
 * Source: Chen, Mishra, Rohaninejad & Abbeel 2017 (arXiv:1712.09763), figure 2, and the authors' code for the units; without
 * their weight normalisation.
 */
import { dropout, linear, type Scope } from '../../nn/index.js';
import { concat, constant, elu, type Tensor, zeros } from '../../tensor/index.js';
import { attendTo, causalAttention, Seen } from './causalAttention.js';
import { causalConvolution, patches } from './causalConvolution.js';
import type { CausalNetwork, GridSize } from './causalNetwork.js';

export interface PixelSnailOptions {
  /** Channels of what the network is given. */
  readonly inputs: number;
  readonly channels: number;
  readonly blocks: number;
  /** R, residual units of a block. */
  readonly units: number;
  /** Width of the kernels, odd. */
  readonly kernel: number;
  /** Heads of the attention; 0: none. */
  readonly heads: number;
  readonly dropout: number;
}

type Memory = Readonly<Record<string, Tensor>>;

export function pixelSnail(options: PixelSnailOptions, scope: Scope): CausalNetwork {
  const { inputs, channels, kernel } = options;
  const side = (kernel - 1) / 2;
  const high = side + 1;
  const fromAbove = patches(channels, [high, kernel])(scope.child('above'));
  const fromLeft = causalConvolution(channels, kernel)(scope.child('left'));
  const blocks = Array.from({ length: options.blocks }, (_, i) =>
    snailBlock(options, scope.child(String(i))),
  );
  return {
    grid(x, condition) {
      const [batch, rows, columns] = x.shape;
      const above = fromAbove(x, [
        [high, 0],
        [side, side],
      ]).sliceAlong(1, 0, rows);
      const first = zeros([batch, rows, 1, channels]);
      const left = concat([first, fromLeft.grid(x).sliceAlong(2, 0, columns - 1)], 2);
      const places = placesOf({ rows, columns }).broadcastTo([batch, rows, columns, 2]);
      return blocks.reduce((u, each) => each.grid(u, { x, places, condition }), above.add(left));
    },
    memory: (batch, size) => ({
      above: [batch, high, size.columns, inputs],
      left: [batch, fromLeft.rowsAbove, size.columns, inputs],
      ...Object.assign({}, ...blocks.map((each, i) => within(i, each.memory(batch, size)))),
    }),
    row(memory, { row, rows, columns, condition }) {
      const [batch] = memory.above.shape;
      const above = fromAbove(memory.above, [
        [0, 0],
        [side, side],
      ]);
      const places = placesOf({ rows, columns })
        .transpose([1, 0, 2, 3])
        .gather(row.reshape([1]))
        .broadcastTo([batch, 1, columns, 2]);
      const ofLeft = fromLeft.row(memory.left);
      const passes = blocks.map((each, i) => each.row(of(i, memory)));
      const at = (x: Tensor, column: number) => (x.shape[2] === 1 ? x : x.sliceAlong(2, column, column + 1));
      const given: Tensor[] = [];
      let left: Tensor = zeros([batch, 1, 1, channels]);
      const learn = (x: Tensor) => {
        given.push(x);
        left = ofLeft.next(x);
        for (const pass of passes) pass.learn(x);
      };
      return {
        next(before) {
          if (before) learn(before);
          const column = given.length;
          const told = condition && at(condition, column);
          const place = at(places, column);
          return passes.reduce((u, pass) => pass.next(u, place, told), at(above, column).add(left));
        },
        end(last) {
          learn(last);
          const rowsNow = concat([memory.above, concat(given, 2)], 1);
          return {
            above: rowsNow.sliceAlong(1, 1, rowsNow.shape[1]),
            left: ofLeft.end(),
            ...Object.assign({}, ...passes.map((pass, i) => within(i, pass.end()))),
          };
        },
      };
    },
  };
}

interface Given {
  readonly x: Tensor;
  readonly places: Tensor;
  readonly condition?: Tensor | undefined;
}

interface SnailBlock {
  grid(u: Tensor, given: Given): Tensor;
  memory(batch: number, size: GridSize): Record<string, readonly number[]>;
  row(memory: Memory): {
    next(u: Tensor, place: Tensor, condition: Tensor | undefined): Tensor;
    /** Tells the input at the column that `next` was last about. */
    learn(x: Tensor): void;
    end(): Record<string, Tensor>;
  };
}

function snailBlock(options: PixelSnailOptions, scope: Scope): SnailBlock {
  const { channels, heads, dropout: rate } = options;
  const plain = unitSequence(options, scope.child('units'));
  if (heads === 0) return plain;
  const keysAndValues = linear(2 * channels)(scope.child('keysAndValues'));
  const queriesOf = linear(channels)(scope.child('queries'));
  const merge = gatedUnit(channels, 1, rate, scope.child('merge'));
  const flat = (x: Tensor) => x.reshape([x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]);
  const seenOf = (x: Tensor, u: Tensor, places: Tensor) => {
    const both = keysAndValues(flat(concat([x, u, places])));
    return { keys: both.sliceAlong(2, 0, channels), values: both.sliceAlong(2, channels, 2 * channels) };
  };
  return {
    grid(u, { x, places, condition }) {
      const now = plain.grid(u, { x, places, condition });
      const queries = queriesOf(flat(concat([now, places])));
      const attended = causalAttention({ queries, ...seenOf(x, now, places) }, heads);
      return merge.grid(now, { condition, auxiliary: attended.reshape(now.shape) });
    },
    memory: (batch, size) => {
      const positions = size.rows * size.columns;
      return {
        ...plain.memory(batch, size),
        keys: [batch, positions, channels],
        values: [batch, positions, channels],
        filled: [batch, positions, 1],
      };
    },
    row(memory) {
      const positions = memory.keys.shape[1];
      const pass = plain.row(memory);
      const merging = merge.row({});
      let seen = new Seen(memory.keys, memory.values, memory.filled);
      let latest: { u: Tensor; place: Tensor } | undefined;
      return {
        next(u, place, condition) {
          const now = pass.next(u, place, condition);
          latest = { u: now, place };
          const queries = queriesOf(flat(concat([now, place])));
          const attended = attendTo({ queries, ...seen }, seen.filled, heads);
          return merging.next(now, { condition, auxiliary: attended.reshape(now.shape) });
        },
        learn(x) {
          if (!latest) throw new Error('pixelSnail: an input is told before its column');
          const { keys, values } = seenOf(x, latest.u, latest.place);
          seen = seen.with(keys, values);
        },
        end() {
          const { keys, values, filled } = seen.latest(positions);
          return { ...pass.end(), keys, values, filled };
        },
      };
    },
  };
}

/** The residual units of a block. */
function unitSequence(
  { channels, units: count, kernel, dropout: rate }: PixelSnailOptions,
  scope: Scope,
): SnailBlock {
  const units = Array.from({ length: count }, (_, i) =>
    gatedUnit(channels, kernel, rate, scope.child(String(i))),
  );
  return {
    grid: (u, { condition }) => units.reduce((now, unit) => unit.grid(now, { condition }), u),
    memory: (batch, size) =>
      Object.assign({}, ...units.map((unit, i) => within(i, unit.memory(batch, size)))),
    row(memory) {
      const passes = units.map((unit, i) => unit.row(of(i, memory)));
      return {
        next: (u, _, condition) => passes.reduce((now, pass) => pass.next(now, { condition }), u),
        learn: () => {},
        end: () => Object.assign({}, ...passes.map((pass, i) => within(i, pass.end()))),
      };
    },
  };
}

interface Told {
  readonly condition?: Tensor | undefined;
  /** What attention gives, of as many channels as the unit. */
  readonly auxiliary?: Tensor;
}

interface GatedUnit {
  grid(u: Tensor, told: Told): Tensor;
  memory(batch: number, size: GridSize): Record<string, readonly number[]>;
  row(memory: Memory): { next(u: Tensor, told: Told): Tensor; end(): Record<string, Tensor> };
}

function gatedUnit(channels: number, kernel: number, rate: number, scope: Scope): GatedUnit {
  const inner = causalConvolution(channels, kernel)(scope.child('inner'));
  const outer = causalConvolution(2 * channels, kernel)(scope.child('outer'));
  const auxiliaryPart = linear(channels, { bias: false })(scope.child('auxiliary'));
  const conditionPart = linear(2 * channels, { bias: false })(scope.child('condition'));
  const drop = dropout(rate)(scope.child('dropout'));
  const middle = (h: Tensor, { auxiliary }: Told) =>
    drop(bothSigns(auxiliary ? h.add(auxiliaryPart(bothSigns(auxiliary))) : h));
  const gated = (u: Tensor, h: Tensor, { condition }: Told) => {
    const all = condition ? h.add(conditionPart(condition)) : h;
    const [a, b] = [all.sliceAlong(3, 0, channels), all.sliceAlong(3, channels, 2 * channels)];
    return u.add(a.mul(b.sigmoid()));
  };
  const { rowsAbove } = inner;
  return {
    grid: (u, told) => gated(u, outer.grid(middle(inner.grid(bothSigns(u)), told)), told),
    memory(batch, { columns }): Record<string, readonly number[]> {
      if (rowsAbove === 0) return {};
      const shape = [batch, rowsAbove, columns, 2 * channels];
      return { inner: shape, outer: shape };
    },
    row(memory) {
      const [first, second] = [inner.row(memory.inner), outer.row(memory.outer)];
      return {
        next: (u, told) => gated(u, second.next(middle(first.next(bothSigns(u)), told)), told),
        end: (): Record<string, Tensor> =>
          rowsAbove === 0 ? {} : { inner: first.end(), outer: second.end() },
      };
    },
  };
}

/** [elu(x), elu(−x)]: what a unit cuts off on one side it passes on the other. */
function bothSigns(x: Tensor): Tensor {
  return concat([elu(x), elu(x.neg())]);
}

/** Where positions are, from −½ to ½, [1, rows, columns, 2]. */
function placesOf({ rows, columns }: GridSize): Tensor {
  const places = Float32Array.from({ length: 2 * rows * columns }, (_, i) => {
    const [axis, position] = [i % 2, Math.floor(i / 2)];
    return axis === 0
      ? (Math.floor(position / columns) - rows / 2) / rows
      : ((position % columns) - columns / 2) / columns;
  });
  return constant(places, 'float32', [1, rows, columns, 2]);
}

/** Names of a part's memory among those of the whole, and back. */
function within<T>(part: number, memory: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(memory).map(([name, value]) => [`${part}.${name}`, value]));
}

function of(part: number, memory: Memory): Memory {
  const start = `${part}.`;
  return Object.fromEntries(
    Object.entries(memory)
      .filter(([name]) => name.startsWith(start))
      .map(([name, value]) => [name.slice(start.length), value]),
  );
}
