import { expect, test } from 'vitest';
import { evaluate } from '../engine/index.js';
import { type Draws, grad, input, type Tensor } from '../tensor/index.js';
import { gru, type Layer, lstm, type RecurrentOptions, VariableTable } from './index.js';

const [BATCH, TIME, FEATURES, UNITS] = [2, 4, 3, 2];
type Values = Record<string, Float64Array>;

/** Numbers without a pattern, the same every time. */
const numbers = (count: number, start: number) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(7 * i + start));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function built(layer: (units: number, options?: RecurrentOptions) => Layer, options?: RecurrentOptions) {
  const scope = new VariableTable().scope({ training: true });
  const y = layer(UNITS, options)(scope)(input('x', [BATCH, TIME, FEATURES]));
  const values: Values = { x: numbers(BATCH * TIME * FEATURES, 1) };
  scope.variables.forEach(({ name, shape }, i) => {
    values[name] = numbers(
      shape.reduce((product, length) => product * length, 1),
      i + 2,
    );
  });
  return { y, values, variables: scope.variables };
}

const of = (y: Tensor, values: Values) => evaluate([y], { values })[0];

/** x W[:, j] + h U[:, j], for one gate's unit. */
function products(values: Values, x: Float64Array, h: readonly number[], column: number, columns: number) {
  let [fromX, fromH] = [0, 0];
  x.forEach((value, i) => {
    fromX += value * values.weight[i * columns + column];
  });
  h.forEach((value, i) => {
    fromH += value * values.recurrent[i * columns + column];
  });
  return [fromX, fromH];
}

/** The loop, written out for one sequence at a time. */
function gruByHand(values: Values): number[] {
  const all: number[] = [];
  for (let b = 0; b < BATCH; b++) {
    let h = new Array<number>(UNITS).fill(0);
    for (let t = 0; t < TIME; t++) {
      const x = values.x.subarray((b * TIME + t) * FEATURES, (b * TIME + t + 1) * FEATURES);
      const before = h;
      h = before.map((old, j) => {
        const [rx, rh] = products(values, x, before, j, 3 * UNITS);
        const [ux, uh] = products(values, x, before, UNITS + j, 3 * UNITS);
        const [nx, nh] = products(values, x, before, 2 * UNITS + j, 3 * UNITS);
        const reset = sigmoid(rx + rh + values.bias[j]);
        const update = sigmoid(ux + uh + values.bias[UNITS + j]);
        const proposed = Math.tanh(nx + values.bias[2 * UNITS + j] + reset * (nh + values.recurrentBias[j]));
        return (1 - update) * proposed + update * old;
      });
      all.push(...h);
    }
  }
  return all;
}

function lstmByHand(values: Values): number[] {
  const all: number[] = [];
  for (let b = 0; b < BATCH; b++) {
    let h = new Array<number>(UNITS).fill(0);
    let c = new Array<number>(UNITS).fill(0);
    for (let t = 0; t < TIME; t++) {
      const x = values.x.subarray((b * TIME + t) * FEATURES, (b * TIME + t + 1) * FEATURES);
      const before = h;
      const gate = (which: number, j: number) => {
        const [fromX, fromH] = products(values, x, before, which * UNITS + j, 4 * UNITS);
        return fromX + fromH + values.bias[which * UNITS + j];
      };
      c = c.map((old, j) => sigmoid(gate(1, j)) * old + sigmoid(gate(0, j)) * Math.tanh(gate(3, j)));
      h = c.map((cell, j) => sigmoid(gate(2, j)) * Math.tanh(cell));
      all.push(...h);
    }
  }
  return all;
}

const cells = [
  ['gru', gru, gruByHand],
  ['lstm', lstm, lstmByHand],
] as const;

test.each(cells)('%s is its equations, gone through one number at a time', (_, layer, byHand) => {
  const { y, values } = built(layer);
  expect(y.shape).toEqual([BATCH, TIME, UNITS]);
  const wanted = byHand(values);
  Array.from(of(y, values)).forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i], 12);
  });
});

test.each(cells)('gradients of %s through all times are those of finite differences', (_, layer) => {
  const { y, values, variables } = built(layer);
  const weights = input('weights', y.shape);
  const loss = y.mul(weights).sum();
  const at: Values = { ...values, weights: numbers(BATCH * TIME * UNITS, 9) };
  const gradients = evaluate(grad(loss, variables), { values: at });
  variables.forEach(({ name }, v) => {
    gradients[v].forEach((slope, i) => {
      const moved = (by: number) => of(loss, { ...at, [name]: at[name].with(i, at[name][i] + by) })[0];
      // Central differences of step h err by h² and by rounding over h: 1e-8 at 1e-5.
      expect(slope).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 7);
    });
  });
});

test.each(cells)('%s after a time knows nothing of what comes later', (_, layer) => {
  const { y, values } = built(layer);
  const early = of(y, values);
  const x = values.x.slice();
  for (let b = 0; b < BATCH; b++) x.fill(5, (b * TIME + 2) * FEATURES, (b + 1) * TIME * FEATURES);
  const changed = of(y, { ...values, x });
  for (let b = 0; b < BATCH; b++) {
    const known = [b * TIME * UNITS, (b * TIME + 2) * UNITS] as const;
    expect(changed.slice(...known)).toEqual(early.slice(...known));
    expect(changed[(b * TIME + 2) * UNITS]).not.toBe(early[(b * TIME + 2) * UNITS]);
  }
});

test.each(cells)('truncation of %s changes no value, and cuts gradients where it says', (_, layer) => {
  const { y, values } = built(layer);
  const cut = built(layer, { truncation: 2 });
  expect(of(cut.y, values)).toEqual(of(y, values));
  // The last state, of time 3: the gradient goes back to times 3 and 2, and no further.
  const x = input('x', [BATCH, TIME, FEATURES]);
  const reach = (output: Tensor) => {
    const [slopes] = evaluate(grad(output.sliceAlong(1, 3, 4).sum(), [x]), { values });
    return Array.from({ length: TIME }, (__, t) =>
      slopes.subarray(t * FEATURES, (t + 1) * FEATURES).some((slope) => slope !== 0),
    );
  };
  expect(reach(y)).toEqual([true, true, true, true]);
  expect(reach(cut.y)).toEqual([false, false, true, true]);
});

test.each(cells)('%s begins with square gates that stretch no state', (_, layer) => {
  const { variables } = built(layer);
  const recurrent = variables.find(({ name }) => name === 'recurrent');
  let draw = 0;
  const draws: Draws = {
    normal: (count: number) => Float32Array.from(numbers(count, ++draw)),
    uniform: (count: number) => new Float32Array(count),
    of: () => draws,
  };
  const [rows, columns] = recurrent?.shape ?? [];
  const values = recurrent?.initialiser([rows, columns], draws) ?? [];
  for (let left = 0; left < columns; left += UNITS) {
    for (let a = 0; a < UNITS; a++) {
      for (let b = 0; b < UNITS; b++) {
        let product = 0;
        for (let row = 0; row < rows; row++)
          product += values[row * columns + left + a] * values[row * columns + left + b];
        expect(product).toBeCloseTo(a === b ? 1 : 0, 6);
      }
    }
  }
});

test('what is no sequence is refused', () => {
  const scope = new VariableTable().scope({ training: true });
  expect(() => gru(2)(scope)(input('x', [4, 3]))).toThrow(
    'gru: needs sequences [batch, time, features] but got [4, 3]',
  );
});
