/**
 * The gated PixelCNN: a vertical stack v sees the rows above, a horizontal one h those through v and what is to its left.
 *
 *   a = V∗v + c                  v′ = tanh(a₁) σ(a₂)                 V: rows above (first layer), then this one as well
 *   b = H∗h + L a + c            h′ = h + R [tanh(b₁) σ(b₂)]         H: to the left (first layer), then this one as well
 *
 * A mask of one stack alone would leave a blind spot at the upper right. The first layer hides the position itself, and
 * its h′ has no residual, which would show it; causality comes from where the zeros of the padding stand, not from masks.
 *
 * Source: van den Oord et al. 2016 (arXiv:1606.05328), §2.2-2.3 and figure 2.
 */
import { dropout, linear, type Scope } from '../../nn/index.js';
import { concat, type Tensor, zeros } from '../../tensor/index.js';
import { NO_PADDING, patches } from './causalConvolution.js';
import type { CausalNetwork, RowPass, RowStart } from './causalNetwork.js';

export interface GatedPixelCnnOptions {
  /** Channels of what the network is given. */
  readonly inputs: number;
  readonly layers: number;
  readonly channels: number;
  /** Widths of the kernels of the first layer and of the others, odd. */
  readonly firstKernel: number;
  readonly kernel: number;
  readonly dropout: number;
}

export function gatedPixelCnn(
  { inputs, layers, channels, firstKernel, kernel, dropout: rate }: GatedPixelCnnOptions,
  scope: Scope,
): CausalNetwork {
  const stack = Array.from({ length: layers }, (_, i) =>
    gatedLayer(channels, i === 0 ? firstKernel : kernel, i === 0, rate, scope.child(String(i))),
  );
  /** Rows above that layer i looks at, and how wide they are. */
  const reach = (i: number) => Math.floor((i === 0 ? firstKernel : kernel) / 2);
  /** Channels of what layer i is given. */
  const width = (i: number) => (i === 0 ? inputs : channels);
  const name = (i: number) => `rows${i}`;
  return {
    grid: (x, condition) => {
      let [v, h] = [x, x];
      for (const layer of stack) [v, h] = layer.grid(v, h, condition);
      return h;
    },
    memory: (batch, { columns }) =>
      Object.fromEntries(stack.map((_, i) => [name(i), [batch, reach(i), columns, width(i)]])),
    row(memory, { columns, condition }) {
      // The vertical stack of a row is made of the rows above it, so it is there before the row's first column.
      const above: Tensor[] = [];
      const links: Tensor[] = [];
      for (const [i, layer] of stack.entries()) {
        const window = i === 0 ? memory[name(0)] : concat([memory[name(i)], above[i - 1]], 1);
        const { v, link } = layer.verticalRow(window, condition);
        above.push(v);
        links.push(link);
      }
      return horizontalPass(stack, { links, columns, condition, reach, width }, (own) =>
        Object.fromEntries(
          stack.map((_, i) => {
            const rows = concat([memory[name(i)], i === 0 ? own : above[i - 1]], 1);
            return [name(i), rows.sliceAlong(1, 1, rows.shape[1])];
          }),
        ),
      );
    },
  };
}

interface GatedLayer {
  grid(v: Tensor, h: Tensor, condition?: Tensor): [v: Tensor, h: Tensor];
  /** v′ and L a of one row, [batch, 1, columns, n], out of as many rows as the kernel is high. */
  verticalRow(window: Tensor, condition?: Tensor): { v: Tensor; link: Tensor };
  /** h′ of one column out of as many as the kernel is wide, [batch, 1, columns, n]. */
  column(window: Tensor, link: Tensor, condition?: Tensor): Tensor;
}

function gatedLayer(
  channels: number,
  kernel: number,
  isFirst: boolean,
  rate: number,
  scope: Scope,
): GatedLayer {
  const side = Math.floor(kernel / 2);
  const length = isFirst ? side : side + 1;
  const vertical = patches(2 * channels, [length, kernel])(scope.child('vertical'));
  const horizontal = patches(2 * channels, [1, length])(scope.child('horizontal'));
  const link = linear(2 * channels)(scope.child('link'));
  const out = linear(channels)(scope.child('out'));
  const conditioned = linear(2 * channels, { bias: false })(scope.child('condition'));
  const drop = dropout(rate)(scope.child('dropout'));
  const withCondition = (a: Tensor, condition?: Tensor) => (condition ? a.add(conditioned(condition)) : a);
  const horizontalOut = (b: Tensor, h: Tensor) => {
    const changed = out(drop(gate(b)));
    return isFirst ? changed : changed.add(h);
  };
  return {
    grid(v, h, condition) {
      const [, rows, columns] = v.shape;
      // The first layer's kernels end before the position: one more row or column of zeros than is kept.
      const a = vertical(v, [
        [side, 0],
        [side, side],
      ]).sliceAlong(1, 0, rows);
      const b = horizontal(h, [
        [0, 0],
        [side, 0],
      ]).sliceAlong(2, 0, columns);
      return [gate(withCondition(a, condition)), horizontalOut(withCondition(b.add(link(a)), condition), h)];
    },
    verticalRow(window, condition) {
      const a = vertical(window, [
        [0, 0],
        [side, side],
      ]);
      return { v: gate(withCondition(a, condition)), link: link(a) };
    },
    column(window, linked, condition) {
      const columns = window.shape[2];
      const b = withCondition(horizontal(window, NO_PADDING).add(linked), condition);
      return horizontalOut(b, window.sliceAlong(2, columns - 1, columns));
    },
  };
}

interface Row extends Pick<RowStart, 'columns' | 'condition'> {
  readonly links: readonly Tensor[];
  reach(layer: number): number;
  width(layer: number): number;
}

/** The horizontal stack, column by column; each layer keeps what it has been given so far. */
function horizontalPass(
  stack: readonly GatedLayer[],
  { links, columns, condition, reach, width }: Row,
  end: (inputs: Tensor) => Record<string, Tensor>,
): RowPass {
  const given: Tensor[][] = stack.map(() => []);
  const at = (row: Tensor, column: number) =>
    row.shape[2] === 1 ? row : row.sliceAlong(2, column, column + 1);
  return {
    next(before) {
      if (before) given[0].push(before);
      const column = given[0].length;
      let h: Tensor | undefined;
      for (const [i, layer] of stack.entries()) {
        if (h) given[i].push(h);
        const wanted = i === 0 ? reach(i) : reach(i) + 1;
        const [batch] = links[0].shape;
        const seen = given[i].slice(-wanted);
        const missing = wanted - seen.length;
        const parts = missing > 0 ? [zeros([batch, 1, missing, width(i)]), ...seen] : seen;
        h = layer.column(concat(parts, 2), at(links[i], column), condition && at(condition, column));
      }
      if (h && column < columns) return h;
      throw new Error(`gatedPixelCnn: there is no column ${column}`);
    },
    end(last) {
      return end(concat([...given[0], last], 2));
    },
  };
}

/** tanh of one half of the channels times σ of the other. */
function gate(x: Tensor): Tensor {
  const channels = x.shape[x.rank - 1];
  const half = channels / 2;
  return x
    .sliceAlong(x.rank - 1, 0, half)
    .tanh()
    .mul(x.sliceAlong(x.rank - 1, half, channels).sigmoid());
}
