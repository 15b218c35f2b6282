import { expect, test } from 'vitest';
import { evaluate, initialValues } from '../../engine/index.js';
import { VariableTable } from '../../nn/index.js';
import { RandomStream } from '../../random/index.js';
import { concat, constant, grad, type Tensor, zeros } from '../../tensor/index.js';
import { gatedPixelCnn } from './gatedPixelCnn.js';

const [SIDE, INPUTS, CHANNELS] = [4, 2, 3];

function network() {
  const scope = new VariableTable().scope({ training: false });
  const options = { inputs: INPUTS, layers: 4, channels: CHANNELS, firstKernel: 3, kernel: 3, dropout: 0.5 };
  const built = gatedPixelCnn(options, scope);
  const values = (...tensors: Tensor[]) =>
    evaluate(tensors, { values: Object.fromEntries(initialValues(scope.variables, 3)) });
  return { ...built, values };
}

function noise(name: string, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return constant(new RandomStream(1, name).normal(new Float32Array(size)), 'float32', shape);
}

test('features at a position depend on every position before it in raster order, and on none from it on', () => {
  const { grid, values } = network();
  const x = noise('x', [1, SIDE, SIDE, INPUTS]);
  const features = grid(x, noise('condition', [1, 1, 1, 3])).reshape([SIDE * SIDE, CHANNELS]);
  const weights = noise('weights', [1, CHANNELS]);
  const slopes = Array.from({ length: SIDE * SIDE }, (_, i) => {
    const at = features
      .sliceAlong(0, i, i + 1)
      .mul(weights)
      .sum();
    return grad(at, [x])[0]
      .abs()
      .sum(3)
      .reshape([SIDE * SIDE]);
  });
  values(...slopes).forEach((row, i) => {
    // No sum of the first position is over anything but padding; exact zeros, for a small number would be a leak.
    expect(Array.from(row, (slope) => slope !== 0)).toEqual(Array.from(row, (_, j) => j < i));
  });
});

test('column by column, the network gives what it gives for the whole grid', () => {
  const { grid, memory, row, values } = network();
  const x = noise('x', [2, SIDE, SIDE, INPUTS]);
  const condition = noise('condition', [2, SIDE, SIDE, 3]);
  const part = (t: Tensor, r: number, c: number) => t.sliceAlong(1, r, r + 1).sliceAlong(2, c, c + 1);
  const rows: Tensor[] = [];
  let kept: Record<string, Tensor> = Object.fromEntries(
    Object.entries(memory(2, SIDE)).map(([name, shape]) => [name, zeros(shape)]),
  );
  for (let r = 0; r < SIDE; r++) {
    const pass = row(kept, SIDE, condition.sliceAlong(1, r, r + 1));
    const columns = Array.from({ length: SIDE }, (_, c) => pass.next(c > 0 ? part(x, r, c - 1) : undefined));
    kept = pass.end(part(x, r, SIDE - 1));
    rows.push(concat(columns, 2));
  }
  const [stepwise, whole] = values(concat(rows, 1), grid(x, condition));
  stepwise.forEach((value, i) => {
    expect(value).toBeCloseTo(whole[i], 12);
  });
});
