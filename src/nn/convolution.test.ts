import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate, initialValues, type Values } from '../engine/index.js';
import { RandomStream } from '../random/index.js';
import { constant, input, type Shape, sizeOf, type Tensor } from '../tensor/index.js';
import {
  averagePool,
  type ConvolutionOptions,
  conv,
  gaussian,
  transposedConv,
  upsampleNearest,
  VariableTable,
} from './index.js';

const scope = () => new VariableTable().scope({ training: true });
const valuesOf = (y: Tensor) => Array.from(evaluate([y])[0]);

let drawn = 0;
function random(shape: Shape): Tensor {
  const stream = new RandomStream(1, `test ${drawn++}`);
  return constant(stream.normal(new Float32Array(sizeOf(shape))), 'float32', shape);
}

function dot(a: Values, b: Values): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const geometry = fc.record({
  space: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
});

test('with same padding there are ⌈length / stride⌉ outputs along every axis', () => {
  fc.assert(
    fc.property(geometry, ({ space, ...options }) => {
      const y = conv({ filters: 4, ...options })(scope())(input('x', [2, ...space, 3]));
      expect(y.shape).toEqual([2, ...space.map((n) => Math.ceil(n / options.stride)), 4]);
    }),
  );
});

test('same padding is shared between both ends, the odd zero at the far one', () => {
  const ones = conv({ filters: 1, kernel: 4, bias: false, weight: () => [1, 10, 100, 1000] })(scope());
  const y = ones(input('x', [1, 3, 1]));
  const [values] = evaluate([y], {
    values: { x: Float64Array.of(1, 2, 3), weight: Float64Array.of(1, 10, 100, 1000) },
  });
  // Windows 0 1 2 3, 1 2 3 0, 2 3 0 0.
  expect([...values]).toEqual([3210, 321, 32]);
});

test('with a number for padding, the outputs are the windows that fit', () => {
  const sizes: [length: number, ConvolutionOptions, out: number][] = [
    [7, { filters: 1, kernel: 3, padding: 0 }, 5],
    [7, { filters: 1, kernel: 3, padding: 1, stride: 2 }, 4],
    [8, { filters: 1, kernel: 3, padding: 1, stride: 2 }, 4],
    [8, { filters: 1, kernel: 3, padding: 0, dilation: 3 }, 2],
    [3, { filters: 1, kernel: 5, padding: 2 }, 3],
  ];
  for (const [length, options, out] of sizes) {
    expect(conv(options)(scope())(input('x', [1, length, 2])).shape).toEqual([1, out, 1]);
  }
  expect(() => conv({ filters: 1, kernel: 5, padding: 0 })(scope())(input('x', [1, 3, 2]))).toThrow(
    'conv: a kernel of [5] does not fit into x of shape [1, 3, 2]',
  );
});

test('weights and biases have the shapes that the channels and the rank of the input ask for', () => {
  const shapes = (layer: ReturnType<typeof conv>, x: Shape) => {
    const root = scope();
    layer(root)(input('x', x));
    return root.variables.map(({ name, shape }) => [name, shape]);
  };
  expect(shapes(conv({ filters: 8, kernel: 3 }), [2, 5, 6, 4])).toEqual([
    ['weight', [3, 3, 4, 8]],
    ['bias', [8]],
  ]);
  expect(shapes(conv({ filters: 8, kernel: 3, groups: 4, bias: false }), [2, 5, 6, 7, 4])).toEqual([
    ['weight', [3, 3, 3, 1, 8]],
  ]);
  expect(shapes(transposedConv({ filters: 6, kernel: 4, groups: 2 }), [2, 5, 4])).toEqual([
    ['weight', [4, 3, 4]],
    ['bias', [6]],
  ]);
});

test('the transposed convolution is the adjoint: ⟨conv x, y⟩ = ⟨x, convᵀ y⟩', () => {
  fc.assert(
    fc.property(geometry, fc.constantFrom(1, 2), ({ space, ...options }, groups) => {
      const [channels, filters] = [2, 4];
      const forward = scope();
      const x = random([2, ...space, channels]);
      const bare = { ...options, groups, bias: false, weight: gaussian(1) };
      const y = conv({ ...bare, filters })(forward)(x);
      const cotangent = random(y.shape);
      const backward = scope();
      const back = transposedConv({ ...bare, filters: channels, space })(backward)(cotangent);
      expect(back.shape).toEqual(x.shape);
      // Both weights have the same shape and name, and so the same draw.
      const values = Object.fromEntries(initialValues(forward.variables, 5));
      expect(backward.variables.map(({ shape }) => shape)).toEqual(
        forward.variables.map(({ shape }) => shape),
      );
      const [left, right] = evaluate([y.mul(cotangent).sum(), x.mul(back).sum()], { values });
      const [ax, ay] = evaluate([x, y], { values });
      expect(Math.abs(left[0] - right[0])).toBeLessThan(1e-12 * (1 + dot(ax, ax) + dot(ay, ay)));
    }),
  );
});

test('a transposed convolution restores the lengths that its convolution started from, odd ones too', () => {
  for (const space of [[7], [8], [1], [28, 13], [5, 1, 6]]) {
    const x = input('x', [2, ...space, 3]);
    const down = conv({ filters: 4, kernel: 4, stride: 2 })(scope())(x);
    const up = transposedConv({ filters: 3, kernel: 4, stride: 2, space })(scope())(down);
    expect(up.shape).toEqual(x.shape);
  }
});

test('without a space a transposed convolution multiplies every length by the stride', () => {
  const up = transposedConv({ filters: 2, kernel: 3, stride: 3 })(scope())(input('x', [1, 4, 5, 2]));
  expect(up.shape).toEqual([1, 12, 15, 2]);
});

test('a space that the convolution does not map to the input’s is refused', () => {
  const up = transposedConv({ filters: 2, kernel: 4, stride: 2, space: [10] })(scope());
  expect(() => up(input('x', [1, 4, 3]))).toThrow(
    'convInputGrad: x [1, 10, 2] and weight [4, 2, 3] give [1, 5, 3], not [1, 4, 3]',
  );
});

test('channels that do not divide into groups, and inputs that are no pictures, are refused', () => {
  expect(() => conv({ filters: 4, kernel: 3, groups: 2 })(scope())(input('x', [1, 5, 3]))).toThrow(
    'conv: 3 channels do not divide into 2 groups',
  );
  expect(() => transposedConv({ filters: 3, kernel: 3, groups: 2 })(scope())(input('x', [1, 5, 4]))).toThrow(
    'transposedConv: 3 filters do not divide into 2 groups',
  );
  expect(() => conv({ filters: 4, kernel: 3 })(scope())(input('x', [1, 5]))).toThrow(
    'conv: x has shape [1, 5]; wanted [batch, ...space, channels] with 1 to 3 spatial axes',
  );
  expect(() => conv({ filters: 4, kernel: 3, stride: 0 })(scope())(input('x', [1, 5, 3]))).toThrow('conv: ');
});

test('upsampling repeats every position, and average pooling undoes it', () => {
  const x = constant([1, 2, 3, 4], 'float32', [1, 2, 1, 2]);
  const y = upsampleNearest(x, 2);
  expect(y.shape).toEqual([1, 4, 2, 2]);
  expect(valuesOf(y)).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 3, 4]);
  expect(valuesOf(averagePool(y, 2))).toEqual(valuesOf(x));
});

test('average pooling is the mean over each window, which must fit', () => {
  expect(valuesOf(averagePool(constant([1, 2, 3, 10], 'float32', [1, 4, 1]), 2))).toEqual([1.5, 6.5]);
  expect(() => averagePool(input('x', [1, 5, 4, 1]), 2)).toThrow(
    'averagePool: space [5, 4] does not divide into windows of 2',
  );
});
