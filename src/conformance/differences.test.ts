import { describe, expect, test } from 'vitest';
import { evaluate, type Values } from '../engine/index.js';
import { constant, grad, type OpName, rules, type Tensor } from '../tensor/index.js';
import { largest } from './compare.js';
import { buildSuite } from './ops/build.js';
import { opSuites } from './ops/index.js';
import { Sampler } from './sampler.js';

const ops = Object.keys(rules) as OpName[];
const STEP = 1e-5;
/** Curvature costs STEP² of the third derivative, rounding 1e-16 / STEP of the function. */
const TOLERANCE = 1e-7;
/** More elements than this are checked along random directions instead of one by one. */
const MOST_ELEMENTS = 40;
const DIRECTIONS = 5;

/** Unit vectors where there are few elements, else random directions. */
function directions(length: number): Float64Array[] {
  if (length <= MOST_ELEMENTS)
    return Array.from({ length }, (_, i) => Float64Array.from({ length }, (__, j) => Number(i === j)));
  const sampler = new Sampler('directions');
  return Array.from({ length: DIRECTIONS }, () => Float64Array.from(sampler.normal([length]).data));
}

/** Where the gradients of a scalar are not its central differences, in words. */
function gradientProblems(
  name: string,
  scalar: Tensor,
  inputs: readonly Tensor<'input'>[],
  feeds: Record<string, Values>,
): string[] {
  const gradients = evaluate(grad(scalar, inputs), { values: feeds });
  const [value] = evaluate([scalar], { values: feeds });
  return inputs.flatMap((x, k) => {
    const slopes: ArrayLike<number> = gradients[k];
    const at = Float64Array.from(feeds[x.attributes.name]);
    const moved = (direction: Float64Array, step: number) => {
      const values = { ...feeds, [x.attributes.name]: at.map((v, i) => v + step * direction[i]) };
      return evaluate([scalar], { values })[0][0];
    };
    const scale = Math.max(1, largest(gradients[k]), Math.abs(value[0]));
    return directions(at.length).flatMap((direction, i) => {
      const slope = direction.reduce((sum, part, j) => sum + part * slopes[j], 0);
      const difference = (moved(direction, STEP) - moved(direction, -STEP)) / (2 * STEP);
      const length = Math.hypot(...direction);
      return Math.abs(slope - difference) <= TOLERANCE * scale * length
        ? []
        : [`${name}, input ${k}, direction ${i}: slope ${slope} but difference ${difference}`];
    });
  });
}

describe('in float64', () => {
  test.each(ops)('the gradient of %s is its central difference', (op) => {
    const { cases, feeds, variables } = buildSuite(op);
    const checked = cases.filter(
      ({ compare, gradients }) => compare === 'differences' && gradients.length > 0,
    );
    const problems = checked.flatMap(({ label, value, cotangent, floats }) =>
      gradientProblems(label, value.mul(cotangent).sum(), floats, { ...feeds, ...variables }),
    );
    expect(problems).toEqual([]);
  });

  test.each(ops.filter((op) => opSuites[op].smooth))(
    'the gradient of the gradient of %s is its central difference',
    (op) => {
      const { cases, feeds } = buildSuite(op);
      const sampler = new Sampler(`${op} twice`);
      const checked = cases.filter(
        ({ compare, gradients }) => compare === 'differences' && gradients.length > 0,
      );
      expect(checked.length).toBeGreaterThan(0);
      const problems = checked.flatMap(({ label, gradients, floats }) => {
        const weighted = gradients.map((gradient) => {
          const weights = constant(sampler.normal(gradient.shape).data, 'float32', gradient.shape);
          return gradient.mul(weights).sum();
        });
        const scalar = weighted.reduce((sum, part) => sum.add(part));
        return gradientProblems(label, scalar, floats, feeds);
      });
      expect(problems).toEqual([]);
    },
  );
});
