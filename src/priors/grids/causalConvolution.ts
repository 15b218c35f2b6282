/** Convolutions that look up and to the left, over a whole grid or for one column after the other. */
import { fanInUniform, filled, onFirst, type Scope } from '../../nn/index.js';
import { concat, type Tensor, zeros } from '../../tensor/index.js';

export type Kernel = readonly [rows: number, columns: number];

/** [batch, ...space, channels] → [batch, ...out, filters], with zeros where the call says. */
export type Patches = (
  x: Tensor,
  padding: readonly [readonly [number, number], readonly [number, number]],
) => Tensor;

export const NO_PADDING = [
  [0, 0],
  [0, 0],
] as const;

/** A convolution whose padding is not its own: the same weights meet a whole grid, a row, and a single position. */
export function patches(filters: number, kernel: Kernel): (scope: Scope) => Patches {
  return (scope) => {
    const parameters = onFirst((x) => ({
      weight: scope.variable('weight', [...kernel, x.shape[x.rank - 1], filters], fanInUniform),
      bias: scope.variable('bias', [filters], filled(0)),
    }));
    return (x, padding) => {
      const { weight, bias } = parameters(x);
      return x.conv(weight, { strides: [1, 1], dilations: [1, 1], padding, groups: 1 }).add(bias);
    };
  };
}

/**
 * A convolution over a square of odd width of which only what comes before its middle counts, and the middle:
 *
 *   y = A∗(rows above) + B∗(the row, up to the position)
 */
export interface CausalConvolution {
  grid(x: Tensor): Tensor;
  /** Rows above that it looks at. */
  readonly rowsAbove: number;
  /** Begins a row, given those rows, [batch, rowsAbove, columns, n], where it looks at any. */
  row(above: Tensor | undefined): ColumnPass;
}

export interface ColumnPass {
  /** The result at the next column, [batch, 1, 1, filters], given the input there, [batch, 1, 1, n]. */
  next(x: Tensor): Tensor;
  /** The rows that the next row looks at. */
  end(): Tensor;
}

/** @param width of the square, odd */
export function causalConvolution(filters: number, width: number): (scope: Scope) => CausalConvolution {
  const side = (width - 1) / 2;
  return (scope) => {
    const ofAbove = patches(filters, [side, width])(scope.child('above'));
    const ofRow = patches(filters, [1, side + 1])(scope.child('row'));
    return {
      rowsAbove: side,
      grid(x) {
        const y = ofRow(x, [
          [0, 0],
          [side, 0],
        ]);
        if (side === 0) return y;
        const above = ofAbove(x, [
          [side, 0],
          [side, side],
        ]);
        return y.add(above.sliceAlong(1, 0, x.shape[1]));
      },
      row(above) {
        const given: Tensor[] = [];
        const known =
          above &&
          ofAbove(above, [
            [0, 0],
            [side, side],
          ]);
        return {
          next(x) {
            given.push(x);
            const column = given.length - 1;
            const seen = given.slice(-side - 1);
            const missing = side + 1 - seen.length;
            const [batch, , , n] = x.shape;
            const window = missing > 0 ? [zeros([batch, 1, missing, n]), ...seen] : seen;
            const y = ofRow(concat(window, 2), NO_PADDING);
            return known ? y.add(known.sliceAlong(2, column, column + 1)) : y;
          },
          end() {
            const row = concat(given, 2);
            return above ? concat([above, row], 1).sliceAlong(1, 1, side + 1) : row;
          },
        };
      },
    };
  };
}
