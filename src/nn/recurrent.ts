/**
 * Recurrent layers, unrolled: a state goes from each time to the next, and every time gives its state. Of a sequence
 * x_1 … x_T with state h_0 = 0, for U units, σ the sigmoid and ⊙ the product of numbers,
 *
 *   GRU    r = σ(x W_r + h U_r + b_r)     u = σ(x W_u + h U_u + b_u)
 *          n = tanh(x W_n + b_n + r ⊙ (h U_n + c_n))
 *          h ← (1 − u) ⊙ n + u ⊙ h
 *
 *   LSTM   i, f, o = σ(x W + h U + b)     g = tanh(x W_g + h U_g + b_g)
 *          c ← f ⊙ c + i ⊙ g              h ← o ⊙ tanh(c)
 *
 * Sources: GRU: Cho et al. 2014 (arXiv:1406.1078), the reset gate after the product, as in cuDNN, so that all products of
 * a step are one; LSTM: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.
 */
import { type Initialiser, ShapeError, show, split, stack, type Tensor, zeros } from '../tensor/index.js';
import { fanInUniform, filled, orthogonal } from './initialisers.js';
import { type Layer, onFirst } from './layer.js';
import type { Scope } from './scope.js';

export interface RecurrentOptions {
  /**
   * Gradients go back so many times at most: at every multiple of it, the state counts as a constant. The values are the
   * same. @default to the start
   */
  truncation?: number;
}

/** An LSTM forgets nothing at first: Jozefowicz et al. 2015, §2.2. */
const FORGET_BIAS = 1;

/**
 * [batch, time, features] → the state after each time, [batch, time, units].
 * Weights [features, 3 units] and [units, 3 units] in the order reset, update, new.
 *
 * @throws ShapeError if the input has not three axes
 */
export function gru(units: number, options: RecurrentOptions = {}): Layer {
  return (scope) => {
    const parameters = onFirst((x) => ({
      ...weights(scope, x, units, 3),
      bias: scope.variable('bias', [3 * units], filled(0)),
      recurrentBias: scope.variable('recurrentBias', [units], filled(0)),
    }));
    return (x) => {
      requireSequence('gru', x);
      const { input, recurrent, bias, recurrentBias } = parameters(x);
      const step = ([h]: readonly Tensor[], seen: Tensor) => {
        const [xGates, xNew] = split(seen, [2 * units, units]);
        const [hGates, hNew] = split(h.matmul(recurrent), [2 * units, units]);
        const [reset, update] = split(xGates.add(hGates).sigmoid(), [units, units]);
        const proposed = xNew.add(reset.mul(hNew.add(recurrentBias))).tanh();
        return [proposed.add(update.mul(h.sub(proposed)))];
      };
      return unrolled(x.matmul(input).add(bias), [units], step, options);
    };
  };
}

/**
 * [batch, time, features] → the output h after each time, [batch, time, units].
 * Weights [features, 4 units] and [units, 4 units] in the order input, forget, output, new.
 *
 * @throws ShapeError if the input has not three axes
 */
export function lstm(units: number, options: RecurrentOptions = {}): Layer {
  return (scope) => {
    const parameters = onFirst((x) => ({
      ...weights(scope, x, units, 4),
      bias: scope.variable('bias', [4 * units], forgetBias(units)),
    }));
    return (x) => {
      requireSequence('lstm', x);
      const { input, recurrent, bias } = parameters(x);
      const step = ([h, c]: readonly Tensor[], seen: Tensor) => {
        const [gates, proposed] = split(seen.add(h.matmul(recurrent)), [3 * units, units]);
        const [enter, keep, leave] = split(gates.sigmoid(), [units, units, units]);
        const cell = keep.mul(c).add(enter.mul(proposed.tanh()));
        return [leave.mul(cell.tanh()), cell];
      };
      return unrolled(x.matmul(input).add(bias), [units, units], step, options);
    };
  };
}

function weights(scope: Scope, x: Tensor, units: number, gates: number) {
  return {
    input: scope.variable('weight', [x.shape[2], gates * units], fanInUniform),
    recurrent: scope.variable('recurrent', [units, gates * units], orthogonalGates(units)),
  };
}

/** Every gate's square of its own, so that no gate stretches the state. */
function orthogonalGates(units: number): Initialiser {
  return ([rows, columns], draws) => {
    const values = new Float32Array(rows * columns);
    for (let left = 0; left < columns; left += units) {
      const square = orthogonal()([rows, units], draws);
      for (let i = 0; i < square.length; i++)
        values[Math.floor(i / units) * columns + left + (i % units)] = square[i];
    }
    return values;
  };
}

function forgetBias(units: number): Initialiser {
  return ([length]) =>
    Float32Array.from({ length }, (_, i) => (i >= units && i < 2 * units ? FORGET_BIAS : 0));
}

/**
 * The first part of the state after each time.
 *
 * @param seen what each time contributes, [batch, time, n], for all times in one product
 * @param step from the state and one time's contribution [batch, n] to the next state
 */
function unrolled(
  seen: Tensor,
  sizes: readonly number[],
  step: (state: readonly Tensor[], seen: Tensor) => readonly Tensor[],
  { truncation }: RecurrentOptions,
): Tensor {
  const [batch, time, width] = seen.shape;
  let state: readonly Tensor[] = sizes.map((size) => zeros([batch, size]));
  const outputs: Tensor[] = [];
  for (let t = 0; t < time; t++) {
    if (truncation !== undefined && t > 0 && t % truncation === 0)
      state = state.map((part) => part.stopGradient());
    state = step(state, seen.sliceAlong(1, t, t + 1).reshape([batch, width]));
    outputs.push(state[0]);
  }
  return stack(outputs, 1);
}

function requireSequence(layer: string, x: Tensor): void {
  if (x.rank !== 3)
    throw new ShapeError(layer, `needs sequences [batch, time, features] but got ${show(x.shape)}`);
}
