import { expect, test } from 'vitest';
import { evaluate, initialValues } from '../engine/index.js';
import { grad, input, type Tensor } from '../tensor/index.js';
import { conv, decoderCell, encoderCell, type Layer, VariableTable } from './index.js';

function built(layer: Layer, channels: number, training = false) {
  const scope = new VariableTable().scope({ training });
  const x = input('x', [2, 6, 4, channels]);
  const y = layer(scope)(x);
  const initial = Object.fromEntries(initialValues(scope.variables, 1));
  const values = { ...initial, x: Float64Array.from({ length: x.size }, (_, i) => Math.sin(i)) };
  return { scope, x, y, values };
}

const isZero = (list: ArrayLike<number>) => Array.from(list).every((value) => value === 0);

test('cells keep, halve or double the resolution, with as many channels as asked for', () => {
  expect(built(encoderCell({ filters: 8 }), 8).y.shape).toEqual([2, 6, 4, 8]);
  expect(built(encoderCell({ filters: 10, resolution: 'half' }), 5).y.shape).toEqual([2, 3, 2, 10]);
  expect(built(decoderCell({ filters: 8 }), 8).y.shape).toEqual([2, 6, 4, 8]);
  expect(built(decoderCell({ filters: 4, resolution: 'double' }), 8).y.shape).toEqual([2, 12, 8, 4]);
});

test('a cell is its input and a tenth of a branch', () => {
  for (const layer of [encoderCell({ filters: 8 }), decoderCell({ filters: 8 })]) {
    const { scope, x, y, values } = built(layer, 8);
    const [out, given] = evaluate([y, x], { values });
    // A branch whose last convolution gives 0 leaves the input: nothing else passes beside it.
    const silent = Object.fromEntries(
      scope.variables.map(({ name, shape }) => [
        name,
        name.includes('weight') || name.includes('shift') || name.includes('bias')
          ? new Float64Array(shape.reduce((a, b) => a * b, 1))
          : values[name as keyof typeof values],
      ]),
    );
    const [kept] = evaluate([y], { values: { ...silent, x: values.x } });
    expect(Array.from(kept)).toEqual(Array.from(given));
    expect(Array.from(out)).not.toEqual(Array.from(given));
  }
});

test('the depthwise convolution of a decoder’s cell has one input channel for each output channel', () => {
  const channels = 6;
  const x = input('x', [1, 5, 5, channels]);
  const scope = new VariableTable().scope({ training: true });
  const y = conv({ filters: channels, kernel: 5, groups: channels })(scope)(x);
  const values = {
    ...Object.fromEntries(initialValues(scope.variables, 1)),
    x: new Float64Array(x.size),
  };
  for (let channel = 0; channel < channels; channel++) {
    const [gradient] = evaluate(grad(y.sliceAlong(-1, channel, channel + 1).sum(), [x]), { values });
    for (let other = 0; other < channels; other++) {
      const part = Array.from(gradient).filter((_, i) => i % channels === other);
      expect(isZero(part)).toBe(other !== channel);
    }
  }
  const cell = built(decoderCell({ filters: 4 }), 4).scope;
  expect(cell.variables.filter(({ shape }) => shape[0] === 5).map(({ shape }) => shape)).toEqual([
    [5, 5, 1, 24],
  ]);
});

test('a halving cell looks at every position', () => {
  const { x, y, values, scope } = built(encoderCell({ filters: 4, resolution: 'half' }), 1);
  // Only the way around the branch, whose weights have length 0.
  const silent = Object.fromEntries(
    scope.variables
      .filter(({ name }) => name.startsWith('branch') && name.includes('logNorm'))
      .map(({ name, shape }): [string, Float64Array] => [name, new Float64Array(shape[0]).fill(-1e3)]),
  );
  const [gradient] = evaluate(grad(y.sum(), [x]), { values: { ...values, ...silent } });
  for (const g of gradient) expect(g).not.toBe(0);
});

test('without depthwise cells, convolutions are weight-normalised', () => {
  const namesOf = (layer: Layer, channels: number) =>
    built(layer, channels)
      .scope.variables.filter(({ shape }) => shape.length === 4)
      .map(({ name }) => name.slice(0, -'weight'.length));
  const lengthsOf = (layer: Layer, channels: number) =>
    built(layer, channels).scope.variables.filter(({ name }) => name.endsWith('logNorm')).length;
  expect(lengthsOf(encoderCell({ filters: 8 }), 8)).toBe(namesOf(encoderCell({ filters: 8 }), 8).length);
  expect(namesOf(decoderCell({ filters: 8 }), 8).length).toBe(3);
  expect(lengthsOf(decoderCell({ filters: 8 }), 8)).toBe(0);
});

test('the batch’s statistics move the running ones by a twentieth', () => {
  const { scope, values } = built(encoderCell({ filters: 3 }), 3, true);
  const [first] = scope.updates;
  const [moved, mean] = evaluate(
    [first[1], built(encoderCell({ filters: 3 }), 3).x.mean([0, 1, 2])] as Tensor[],
    {
      values,
    },
  );
  moved.forEach((value, i) => {
    expect(value).toBeCloseTo(0.05 * mean[i], 12);
  });
});
