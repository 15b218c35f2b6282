import { expect, test } from 'vitest';
import { evaluate, initialValues, type Values } from '../engine/index.js';
import { grad, input, sizeOf, Variable } from '../tensor/index.js';
import { conv, fanInUniform, filled, VariableTable, weightNorm } from './index.js';

const SHAPE = [3, 3, 2, 4] as const;
const values = Float64Array.from({ length: sizeOf(SHAPE) }, (_, i) => Math.sin(3 * i + 1));
const logNorm = Float64Array.of(0, 0.5, -1, 2);

function built() {
  const scope = new VariableTable().scope({ training: true });
  const weight = new Variable('v', SHAPE, filled(0));
  return { scope, weight, w: weightNorm(weight, scope) };
}

const lengths = (w: Values) =>
  Array.from({ length: 4 }, (_, j) => Math.hypot(...Array.from(w).filter((_, i) => i % 4 === j)));

test('every filter has the length that its variable says, in the direction of its weight', () => {
  const { w } = built();
  const [given] = evaluate([w], { values: { v: values, logNorm } });
  const before = lengths(values);
  lengths(given).forEach((length, j) => {
    expect(length).toBeCloseTo(Math.exp(logNorm[j]), 9);
  });
  given.forEach((value, i) => {
    expect(value).toBeCloseTo((values[i] / before[i % 4]) * Math.exp(logNorm[i % 4]), 9);
  });
});

test('the length of v does not matter, so the gradient is orthogonal to v', () => {
  const { w, weight } = built();
  const loss = w.mul(w.sin()).sum();
  const [gradient] = evaluate(grad(loss, [weight]), { values: { v: values, logNorm } });
  for (let j = 0; j < 4; j++) {
    const overlap = Array.from(gradient).reduce((sum, g, i) => (i % 4 === j ? sum + g * values[i] : sum), 0);
    expect(Math.abs(overlap)).toBeLessThan(1e-9);
  }
});

test('lengths begin where the initialiser of the weight puts them', () => {
  const scope = new VariableTable().scope({ training: true });
  weightNorm(new Variable('v', [3, 3, 40, 50], fanInUniform), scope);
  const initial = initialValues(scope.variables, 3).get('logNorm') ?? [];
  // Variance 1/(3 fanIn), fanIn of them: a length of √⅓.
  for (const value of initial) expect(Math.abs(value + 0.5 * Math.log(3))).toBeLessThan(0.02);
});

test('a convolution with weight normalisation is the convolution with the normalised weight', () => {
  const x = input('x', [2, 5, 4, 2]);
  const [one, other] = [true, false].map((isNormal) =>
    conv({ filters: 4, kernel: 3, weightNorm: isNormal })(new VariableTable().scope({ training: true }))(x),
  );
  const feeds = { x: Float64Array.from({ length: 80 }, (_, i) => Math.cos(i)), bias: new Float64Array(4) };
  const [normal] = evaluate([one], { values: { ...feeds, weight: values, logNorm } });
  const [w] = evaluate([built().w], { values: { v: values, logNorm } });
  const [plain] = evaluate([other], { values: { ...feeds, weight: w } });
  normal.forEach((value, i) => {
    expect(value).toBeCloseTo(plain[i], 10);
  });
});
