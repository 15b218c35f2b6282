import { describe, expect, test } from 'vitest';
import { evaluate, initialValues } from '../../engine/index.js';
import { type Scope, VariableTable } from '../../nn/index.js';
import { RandomStream } from '../../random/index.js';
import { concat, constant, grad, type Tensor, zeros } from '../../tensor/index.js';
import type { CausalNetwork } from './causalNetwork.js';
import { gatedPixelCnn } from './gatedPixelCnn.js';
import { pixelSnail } from './pixelSnail.js';

const [SIDE, INPUTS, CHANNELS] = [4, 2, 4];
const size = { rows: SIDE, columns: SIDE };

type Build = (scope: Scope) => CausalNetwork;

const CONVOLUTIONS = 'PixelSNAIL with convolutions alone';

const networks: Record<string, Build> = {
  'a gated PixelCNN': (scope) => {
    const options = {
      inputs: INPUTS,
      layers: 4,
      channels: CHANNELS,
      firstKernel: 3,
      kernel: 3,
      dropout: 0.5,
    };
    return gatedPixelCnn(options, scope);
  },
  'PixelSNAIL with attention': (scope) =>
    pixelSnail(
      { inputs: INPUTS, channels: CHANNELS, blocks: 2, units: 1, kernel: 3, heads: 2, dropout: 0.5 },
      scope,
    ),
  [CONVOLUTIONS]: (scope) =>
    pixelSnail(
      { inputs: INPUTS, channels: CHANNELS, blocks: 2, units: 2, kernel: 3, heads: 0, dropout: 0.5 },
      scope,
    ),
};

function make(build: Build) {
  const scope = new VariableTable().scope({ training: false });
  const built = build(scope);
  const values = (...tensors: Tensor[]) =>
    evaluate(tensors, { values: Object.fromEntries(initialValues(scope.variables, 3)) });
  return { ...built, values };
}

function noise(name: string, shape: readonly number[]): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return constant(new RandomStream(1, name).normal(new Float32Array(size)), 'float32', shape);
}

/** Convolutions alone do not reach what is above and far to the right: what is there hides itself from its left. */
const isFarRight = (i: number, j: number) => (j % SIDE) - (i % SIDE) > 1;

describe.each(Object.entries(networks))('%s', (name, build) => {
  const isBlind = name === CONVOLUTIONS ? isFarRight : () => false;

  test('features at a position depend on no position from it on, and on every one before it but for a known blind spot', () => {
    const { grid, values } = make(build);
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
      // Exact zeros, for a small number would be a leak.
      const isSeen = Array.from(row, (slope) => slope !== 0);
      expect(isSeen).toEqual(isSeen.map((seen, j) => j < i && (seen || !isBlind(i, j))));
    });
  });

  test('column by column, the network gives what it gives for the whole grid', () => {
    const { grid, memory, row, values } = make(build);
    const x = noise('x', [2, SIDE, SIDE, INPUTS]);
    const condition = noise('condition', [2, SIDE, SIDE, 3]);
    const part = (t: Tensor, r: number, c: number) => t.sliceAlong(1, r, r + 1).sliceAlong(2, c, c + 1);
    const rows: Tensor[] = [];
    let kept: Record<string, Tensor> = Object.fromEntries(
      Object.entries(memory(2, size)).map(([name, shape]) => [name, zeros(shape)]),
    );
    for (let r = 0; r < SIDE; r++) {
      const pass = row(kept, {
        ...size,
        row: constant(r, 'int32'),
        condition: condition.sliceAlong(1, r, r + 1),
      });
      const columns = Array.from({ length: SIDE }, (_, c) =>
        pass.next(c > 0 ? part(x, r, c - 1) : undefined),
      );
      kept = pass.end(part(x, r, SIDE - 1));
      rows.push(concat(columns, 2));
    }
    const [stepwise, whole] = values(concat(rows, 1), grid(x, condition));
    stepwise.forEach((value, i) => {
      expect(value).toBeCloseTo(whole[i], 12);
    });
  });
});
