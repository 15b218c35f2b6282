import { expect, test } from 'vitest';
import { compute } from '../conformance/models.js';
import { activations, linear, relu, type Scope, sequential, VariableTable } from '../nn/index.js';
import { batchJacobian, constant, grad, input, type Shape, type Tensor } from '../tensor/index.js';
import {
  analyticSquare,
  asInput,
  exactSquare,
  finiteSquare,
  hutchinsonSquare,
  type Probe,
  squaredSlopes,
} from './jacobianPenalty.js';

const scope = (): Scope => new VariableTable().scope({ training: true });

/** The one-layer encoder whose penalty is known, rows of W its units. */
const W = [
  [1, -2, 0.5],
  [0.3, 0.4, -1],
];
const matrix = (values: ArrayLike<number>, shape: Shape) => constant(values, 'float32', shape);
const filters = matrix(W.flat(), [2, 3]);
const layer = (x: Tensor) =>
  x
    .matmul(filters.swapLastAxes())
    .add(matrix([0.1, -0.2], [2]))
    .sigmoid();
const sample = matrix([0.2, 0.5, -0.3], [1, 3]);

test('of a known sigmoid layer: h = (0.2994329, 0.5890404) and ‖J‖² = 0.3042728', () => {
  const code = layer(sample);
  const [h, analytic, exact] = compute([
    code,
    analyticSquare(code, filters, squaredSlopes.sigmoid),
    exactSquare(layer, sample, 2),
  ]);
  expect(h[0]).toBeCloseTo(0.2994329, 7);
  expect(h[1]).toBeCloseTo(0.5890404, 7);
  expect(analytic[0]).toBeCloseTo(0.3042728, 7);
  expect(exact[0]).toBeCloseTo(analytic[0], 12);
});

/** Σ over both axes of an explicitly built Jacobian, [batch]. */
const built = (code: Tensor, x: Tensor) => batchJacobian(code, x).square().sumOverEvent();

const x = input('x', [5, 2, 2]);
const values = { x: Float64Array.from({ length: 20 }, (_, i) => Math.sin(3 * i + 1)) };

for (const name of ['sigmoid', 'tanh', 'relu', 'identity'] as const) {
  test(`the analytic form of a ${name} layer is the explicitly built Jacobian’s`, () => {
    const parts = scope();
    const affine = linear(3)(parts);
    const encode = (t: Tensor) => activations[name](parts)(affine(t.flatten()));
    const code = encode(x);
    const [weight] = parts.variables;
    const analytic = analyticSquare(code, weight.swapLastAxes().reshape([3, 2, 2]), squaredSlopes[name]);
    const [a, b] = compute([analytic, built(code, x)], { values });
    a.forEach((value, i) => {
      expect(value).toBeCloseTo(b[i], 12);
    });
  });
}

for (const units of [2, 4, 7]) {
  const parts = scope();
  const network = sequential(linear(6), activations.tanh, linear(units), activations.sigmoid)(parts);
  const encode = (t: Tensor) => network(t.flatten());

  test(`the exact form is the explicitly built Jacobian’s, with ${units} units for 4 numbers`, () => {
    const [exact, direct] = compute([exactSquare(encode, x, units), built(encode(x), x)], { values });
    exact.forEach((value, i) => {
      expect(value).toBeCloseTo(direct[i], 12);
    });
  });

  test(`its gradient is that of the explicitly built one, with ${units} units`, () => {
    const [exact, direct] = [exactSquare(encode, x, units), built(encode(x), x)].map((square) =>
      compute(grad(square.mean(), parts.variables), { values }),
    );
    // The last layer's bias moves the slopes, so that every variable has a gradient.
    exact.forEach((gradient, v) => {
      expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-6);
      gradient.forEach((value, i) => {
        expect(value).toBeCloseTo(direct[v][i], 12);
      });
    });
  });

  for (const probe of ['rademacher', 'gaussian'] as const satisfies Probe[]) {
    test(`10,000 ${probe} probes have the exact form as their mean, with ${units} units`, () => {
      const copies = asInput(matrix(values.x.slice(0, 4), [1, 2, 2]).broadcastTo([10_000, 2, 2]));
      const [draws, [exact]] = compute([
        hutchinsonSquare(encode(copies), copies, 1, probe),
        exactSquare(encode, matrix(values.x.slice(0, 4), [1, 2, 2]), units),
      ]);
      const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
      const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
      expect(Math.abs(mean - exact)).toBeLessThan(4 * Math.sqrt(variance / draws.length));
    });
  }
}

test('several probes are averaged, each with numbers of its own', () => {
  const code = (t: Tensor) => t.flatten().matmul(matrix([1, 2, 0, -1, 3, 1, 1, 1], [4, 2]));
  const one = (count: number) => compute([hutchinsonSquare(code(x), x, count, 'gaussian')], { values })[0];
  const exact = compute([exactSquare(code, x, 2)])[0];
  const error = (draws: number[]) => draws.reduce((sum, value, i) => sum + (value - exact[i]) ** 2, 0);
  expect(error(one(64))).toBeLessThan(0.2 * error(one(1)));
});

test('the penalty’s gradient with respect to the weights is that of finite differences', () => {
  const weight = input('w', [3, 2]);
  const encode = (t: Tensor) => t.matmul(weight).sigmoid();
  const penalty = exactSquare(encode, sample, 2).sum();
  const at = Float64Array.from([0.3, -1, 0.7, 0.2, -0.4, 1.1]);
  const [gradient] = compute(grad(penalty, [weight]), { values: { w: at } });
  gradient.forEach((value, i) => {
    const moved = (by: number) =>
      compute([penalty], { values: { w: at.map((w, j) => (i === j ? w + by : w)) } })[0][0];
    expect(value).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 8);
    expect(Math.abs(value)).toBeGreaterThan(1e-3);
  });
});

test('a linear encoder scaled by c is penalised c² times as much', () => {
  const scaled = (c: number) => (t: Tensor) =>
    t
      .flatten()
      .matmul(matrix([1, 2, 0, -1], [4, 1]))
      .mul(c);
  const [one, three] = compute([exactSquare(scaled(1), x, 1), exactSquare(scaled(3), x, 1)], { values });
  three.forEach((value, i) => {
    expect(value).toBeCloseTo(9 * one[i], 12);
  });
});

test('E‖c(x + σε) − c(x)‖² / σ² comes to ‖J‖² as σ falls', () => {
  const encode = (t: Tensor) => t.matmul(matrix([2, 0.5, -1], [3, 1])).sigmoid();
  const copies = sample.broadcastTo([20_000, 3]);
  const [[exact]] = compute([exactSquare(encode, sample, 1)]);
  const error = (deviation: number) => {
    const [draws] = compute([finiteSquare(encode, copies, deviation)]);
    return Math.abs(draws.reduce((sum, value) => sum + value, 0) / draws.length / exact - 1);
  };
  // What is left is the noise of 20,000 squares of a normal number: deviation √(2/20,000) = 0.01.
  expect(error(1e-3)).toBeLessThan(0.04);
  expect(error(2)).toBeGreaterThan(0.2);
});

test('ReLU’s units that are off add nothing', () => {
  const weight = matrix([1, 1], [1, 2]);
  const code = relu(scope())(
    matrix([2], [1, 1])
      .matmul(weight)
      .add(matrix([0, -5], [2])),
  );
  const [[square]] = compute([analyticSquare(code, weight.swapLastAxes(), squaredSlopes.relu)]);
  expect(square).toBe(1);
});
