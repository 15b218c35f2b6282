/** Networks read from ONNX files, against ONNX Runtime on the same bytes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { initialValues } from '../engine/index.js';
import { OnnxNetwork } from '../engine/onnx/network.js';
import { encodeModel, type OnnxNode, type OnnxTensor } from '../engine/onnx/proto.js';
import { VariableTable } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { featureNetwork } from '../systems/features/network.js';
import { constant, grad, input, type Shape, sizeOf, type Tensor, Variable } from '../tensor/index.js';
import { compute } from './models.js';
import { runOnnxFile } from './onnxFile.js';

const folder = await mkdtemp(join(tmpdir(), 'vaekit-networks-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const numbers = (name: string, shape: Shape) =>
  new RandomStream(3, name).normal(new Float32Array(sizeOf(shape)));
const floats = (name: string, shape: Shape, data = numbers(name, shape)): OnnxTensor => ({
  name,
  type: 'float32',
  shape,
  data,
});
const ints = (name: string, values: readonly number[]): OnnxTensor => ({
  name,
  type: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode['attributes'] = {},
): OnnxNode => ({ op, inputs, outputs: [output], attributes });

interface Network {
  readonly nodes: OnnxNode[];
  readonly initializers?: OnnxTensor[];
  /** Channels, height, width. @default [3, 6, 5] */
  readonly sample?: readonly [number, number, number];
}

const BATCH = 2;
const SAMPLE = [3, 6, 5] as const;

/** A network from `x` to `y`. */
function bytesOf({ nodes, initializers = [], sample = SAMPLE }: Network): Uint8Array {
  return encodeModel({
    graph: {
      name: 'network',
      nodes,
      initializers,
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', ...sample] }],
      outputs: [{ name: 'y', type: 'float32', shape: [] }],
    },
  });
}

/** Values [batch, a, b, c] in another order of the last three axes. */
function turned(
  values: ArrayLike<number>,
  shape: Shape,
  permutation: readonly [number, number, number],
): number[] {
  const x = constant(Array.from(values), 'float32', shape);
  const [result] = compute([x.transpose([0, ...permutation.map((axis) => axis + 1)])]);
  return result;
}

const constants = (_: string, shape: Shape, values: Float32Array): Tensor =>
  constant(values, 'float32', shape);

async function expectAgreement(network: Network, tensors = ['y']): Promise<void> {
  const { sample = SAMPLE } = network;
  const [channels, height, width] = sample;
  const bytes = bytesOf(network);
  const path = join(folder, 'network.onnx');
  await writeFile(path, bytes);
  const x = numbers('x', [BATCH, ...sample]);
  const expected = await runOnnxFile(path, { x: { data: x, shape: [BATCH, ...sample] } });
  const picture = input('x', [BATCH, height, width, channels]);
  const values = { x: Float64Array.from(turned(x, [BATCH, ...sample], [1, 2, 0])) };
  const made = new OnnxNetwork(bytes).run(picture, tensors, constants);
  compute(made, { values }).forEach((own, i) => {
    const { shape, values: wanted } = expected[tensors[i]];
    const stored = made[i].rank === 4 ? turned(own, made[i].shape, [2, 0, 1]) : own;
    expect(made[i].rank).toBe(shape.length);
    expect(stored.length).toBe(wanted.length);
    // float64 here, float32 there; sums of some dozen products.
    const scale = Math.max(1, ...wanted.map(Math.abs));
    wanted.forEach((value, j) => {
      expect(Math.abs(stored[j] - value)).toBeLessThan(1e-5 * scale);
    });
  });
}

const conv = (attributes: OnnxNode['attributes'], weight: Shape, bias = true): Network => ({
  nodes: [node('Conv', bias ? ['x', 'w', 'b'] : ['x', 'w'], 'y', attributes)],
  initializers: [floats('w', weight), ...(bias ? [floats('b', [weight[0]])] : [])],
});
const one = (op: string, attributes: OnnxNode['attributes'] = {}): Network => ({
  nodes: [node(op, ['x'], 'y', attributes)],
});
const withConstant = (op: string, shape: Shape): Network => ({
  nodes: [node(op, ['x', 'c'], 'y')],
  initializers: [floats('c', shape)],
});
const pool = { kernel_shape: [2, 2], strides: [2, 2] };
const padded = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };

describe('operators agree with ONNX Runtime', () => {
  test.each<[string, Network]>([
    ['Conv', conv({}, [4, 3, 3, 2])],
    [
      'Conv with strides, dilations and uneven pads',
      conv({ strides: [2, 1], dilations: [1, 2], pads: [1, 0, 2, 1] }, [4, 3, 3, 2]),
    ],
    ['Conv in groups', conv({ group: 3, pads: [1, 1, 1, 1] }, [6, 1, 3, 3], false)],
    ['Conv, SAME_UPPER', conv({ auto_pad: 'SAME_UPPER', strides: [2, 2] }, [2, 3, 3, 3])],
    ['Conv, SAME_LOWER', conv({ auto_pad: 'SAME_LOWER', strides: [2, 2] }, [2, 3, 2, 2])],
    ['Conv, VALID', conv({ auto_pad: 'VALID' }, [2, 3, 2, 2])],
    ['Relu', one('Relu')],
    ['LeakyRelu', one('LeakyRelu', { alpha: { float: 0.3 } })],
    ['Sigmoid', one('Sigmoid')],
    ['Tanh', one('Tanh')],
    ['Identity', one('Identity')],
    ['Dropout', one('Dropout')],
    ['MaxPool', one('MaxPool', pool)],
    ['MaxPool with pads', one('MaxPool', padded)],
    ['AveragePool', one('AveragePool', pool)],
    ['AveragePool with pads', one('AveragePool', padded)],
    ['AveragePool that counts its pads', one('AveragePool', { ...padded, count_include_pad: 1 })],
    ['GlobalAveragePool', one('GlobalAveragePool')],
    ['Flatten', one('Flatten')],
    ['Add of a number for each channel', withConstant('Add', [3, 1, 1])],
    ['Mul by a row', withConstant('Mul', [5])],
    ['Sub of a map', withConstant('Sub', [1, 3, 6, 5])],
    ['Div by a number', withConstant('Div', [])],
    [
      'BatchNormalization',
      {
        nodes: [node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], 'y', { epsilon: { float: 0.01 } })],
        initializers: [
          ...['s', 'b', 'm'].map((name) => floats(name, [3])),
          floats('v', [3], Float32Array.of(0.5, 1, 2)),
        ],
      },
    ],
    [
      'Clip between two numbers',
      {
        nodes: [node('Clip', ['x', 'low', 'high'], 'y')],
        initializers: [floats('low', [], Float32Array.of(-0.5)), floats('high', [], Float32Array.of(0.7))],
      },
    ],
    [
      'Clip from above alone',
      {
        nodes: [node('Clip', ['x', '', 'high'], 'y')],
        initializers: [floats('high', [], Float32Array.of(0.7))],
      },
    ],
    [
      'Concat of channels',
      { nodes: [node('Relu', ['x'], 'r'), node('Concat', ['x', 'r'], 'y', { axis: 1 })] },
    ],
    [
      'Concat of rows, counted from the end',
      { nodes: [node('Relu', ['x'], 'r'), node('Concat', ['x', 'r'], 'y', { axis: -2 })] },
    ],
    [
      'Reshape to rows, and Gemm',
      {
        nodes: [
          node('Reshape', ['x', 'shape'], 'f'),
          node('Gemm', ['f', 'w', 'b'], 'y', { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } }),
        ],
        initializers: [ints('shape', [0, -1]), floats('w', [4, 90]), floats('b', [4])],
      },
    ],
    [
      'Reshape to other maps',
      {
        nodes: [node('Reshape', ['x', 'shape'], 'f'), node('Relu', ['f'], 'y')],
        initializers: [ints('shape', [-1, 5, 3, 6])],
      },
    ],
    [
      'MatMul',
      {
        nodes: [node('Flatten', ['x'], 'f'), node('MatMul', ['f', 'w'], 'y')],
        initializers: [floats('w', [90, 3])],
      },
    ],
  ])('%s', async (_, network) => {
    await expectAgreement(network);
  });
});

test('a trained network’s features read back are what they were, and their gradient reaches the picture', async () => {
  const scope = new VariableTable().scope({ training: false });
  const network = featureNetwork(4, scope);
  const x = input('x', [BATCH, 9, 8, 3]);
  const own = network.features(x);
  const weights = initialValues(scope.variables, 5);
  const weightOf = (level: number, name: string) => {
    const found = scope.variables.find((variable) => variable.name === `level${level}.0.${name}`);
    if (!found) throw new Error(`there is no ${name} of level ${level}`);
    const values = Float32Array.from(weights.get(found.name) ?? []);
    if (name === 'bias')
      return floats(
        `b${level}`,
        found.shape,
        values.map((_, i) => 0.1 * Math.sin(i)),
      );
    const turnedWeight = compute([constant(values, 'float32', found.shape).transpose([3, 2, 0, 1])])[0];
    const [height, width, channels, filters] = found.shape;
    return floats(`w${level}`, [filters, channels, height, width], Float32Array.from(turnedWeight));
  };
  const levels = [1, 2, 3];
  const bytes = bytesOf({
    sample: [3, 9, 8],
    nodes: [
      node('Mul', ['x', 'two'], 'doubled'),
      node('Sub', ['doubled', 'one'], 'h0'),
      ...levels.flatMap((level) => [
        node('Conv', [`h${level - 1}`, `w${level}`, `b${level}`], `a${level}`, {
          auto_pad: 'SAME_UPPER',
          strides: level === 1 ? [1, 1] : [2, 2],
        }),
        node('Relu', [`a${level}`], `h${level}`),
      ]),
    ],
    initializers: [
      floats('two', [], Float32Array.of(2)),
      floats('one', [], Float32Array.of(1)),
      ...levels.flatMap((level) => [weightOf(level, 'weight'), weightOf(level, 'bias')]),
    ],
  });
  const values: Record<string, Float32Array> = { x: numbers('picture', x.shape).map((v) => v / 4 + 0.5) };
  for (const variable of scope.variables) {
    const given = Float32Array.from(weights.get(variable.name) ?? []);
    values[variable.name] = variable.name.endsWith('bias') ? given.map((_, i) => 0.1 * Math.sin(i)) : given;
  }
  const read = new OnnxNetwork(bytes);
  expect(read.inputShape).toEqual({ channels: 3, height: 9, width: 8 });
  const picture = new Variable('picture', x.shape, () => values.x);
  const back = read.run(picture, ['h1', 'h2', 'h3'], constants);
  expect(back.map(({ shape }) => shape)).toEqual(own.map(({ shape }) => shape));
  const [mine, theirs] = [compute(own, { values }), compute(back, { values: { picture: values.x } })];
  mine.forEach((map, level) => {
    map.forEach((value, i) => {
      expect(Math.abs(value - theirs[level][i])).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    });
  });
  const [slope] = compute(grad(back[2].square().sum(), [picture]), { values: { picture: values.x } });
  expect(Math.max(...slope.map(Math.abs))).toBeGreaterThan(0);
});

describe('what cannot be used is refused by name', () => {
  const refused = (network: Network, tensors = ['y']) => {
    const read = new OnnxNetwork(bytesOf(network));
    return () => read.run(input('x', [BATCH, 6, 5, 3]), tensors, constants);
  };

  test('an operator, where a tensor that is asked for needs it', () => {
    const network = { nodes: [node('Relu', ['x'], 'r'), node('Softmax', ['r'], 'y')] };
    expect(refused(network)).toThrow(
      /^uses the operator Softmax \('y'\), which is not known here \(known are .*Relu.*\); take tensors before it$/,
    );
    expect(refused(network, ['r'])).not.toThrow();
  });

  test.each<[string, Network, string]>([
    [
      'ceil_mode',
      one('MaxPool', { ...pool, ceil_mode: 1 }),
      'has windows that reach beyond the edge (ceil_mode) in MaxPool',
    ],
    [
      'a computed weight',
      { nodes: [node('Relu', ['x'], 'w'), node('Conv', ['x', 'w'], 'y')] },
      'computes a weight that should be fixed',
    ],
    [
      'a circle',
      { nodes: [node('Add', ['x', 'y'], 'a'), node('Relu', ['a'], 'y')] },
      "needs 'y' to compute it",
    ],
    [
      'a batch that is joined',
      { nodes: [node('Concat', ['x', 'x'], 'y', { axis: 0 })] },
      'has a batch that is joined to another in Concat',
    ],
  ])('%s', (_, network, message) => {
    expect(refused(network)).toThrow(message);
  });

  test('a tensor that there is not', () => {
    expect(refused(one('Relu'), ['z'])).toThrow("has no tensor 'z'; it has y");
  });

  test('a file that is none, is cut short, or takes something else', () => {
    const bytes = bytesOf(one('Relu'));
    expect(() => new OnnxNetwork(new TextEncoder().encode('not a model'))).toThrow(/^is no ONNX model/);
    expect(() => new OnnxNetwork(bytes.subarray(0, bytes.length - 3))).toThrow(
      /^is no ONNX model, or is cut short/,
    );
    const { graph } = {
      graph: {
        name: 'g',
        nodes: [],
        initializers: [],
        outputs: [],
        inputs: [{ name: 'v', type: 'float32' as const, shape: [3] }],
      },
    };
    expect(() => new OnnxNetwork(encodeModel({ graph }))).toThrow(
      'takes v float32[3]; a feature network takes one float32',
    );
  });
});
