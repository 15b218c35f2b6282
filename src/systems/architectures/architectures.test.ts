import { expect, test } from 'vitest';
import { build, compute, pictures } from '../../conformance/models.js';
import type { SampleSpec } from '../../data/index.js';
import { initialValues, type Values } from '../../engine/index.js';
import { conv, flatten, type Layer, linear, reshape, sequential, VariableTable } from '../../nn/index.js';
import { grad, type Shape, sizeOf, type Tensor, zeros } from '../../tensor/index.js';
import { ae, cvae, describeData, networkOptions, type System, vae } from '../index.js';
import { networksFor } from './index.js';
import { pyramid } from './pyramid.js';

const SHAPES: readonly Shape[] = [
  [1, 1, 1],
  [1, 7, 1],
  [2, 2, 3],
  [3, 5, 1],
  [17, 31, 3],
  [28, 28, 1],
  [64, 48, 4],
  [225, 96, 3],
];
const ARCHITECTURES = ['mlp', 'conv', 'resnet'] as const;
const options = (given: Record<string, unknown> = {}) => networkOptions.parse(given);

function networks(shape: Shape, given: Record<string, unknown> = {}, output = shape) {
  const layers = networksFor({ shape, holes: false }, output, options(given));
  const scope = new VariableTable().scope({ training: true });
  return {
    encode: layers.encoder(scope.child('encoder')),
    decode: layers.decoder(scope.child('decoder')),
    join: layers.join,
  };
}

test('what comes out has the shape of what went in, for every height, width and number of channels', () => {
  for (const architecture of ARCHITECTURES) {
    for (const shape of SHAPES) {
      const { encode, decode } = networks(shape, { architecture });
      const features = encode(zeros([2, ...shape]));
      expect(features.shape, `${architecture} of ${shape}`).toEqual([2, sizeOf(features.shape) / 2]);
      expect(decode(zeros([2, 5])).shape, `${architecture} of ${shape}`).toEqual([2, ...shape]);
    }
  }
});

test('a decoder gives the shape that the likelihood asks for', () => {
  for (const architecture of ARCHITECTURES)
    expect(networks([5, 9, 3], { architecture }, [5, 9, 6]).decode(zeros([2, 4])).shape).toEqual([
      2, 5, 9, 6,
    ]);
});

test('a condition reaches every architecture’s encoder beside the sample', () => {
  for (const architecture of ARCHITECTURES) {
    const { encode, join } = networks([5, 9, 3], { architecture });
    const joined = join(zeros([2, 5, 9, 3]), zeros([2, 10]));
    expect(joined.shape).toEqual(architecture === 'mlp' ? [2, 135 + 10] : [2, 5, 9, 3 + 10]);
    expect(encode(joined).shape[0]).toBe(2);
  }
});

test('levels halve, rounding up, until the longer side is at most 4, and are retraced on the way up', () => {
  const { channels, sizes, bottom } = pyramid([225, 96, 3], options());
  expect(channels).toEqual([32, 32, 64, 64, 64, 128]);
  expect(sizes).toEqual([
    [225, 96],
    [113, 48],
    [57, 24],
    [29, 12],
    [15, 6],
    [8, 3],
    [4, 2],
  ]);
  expect(bottom).toEqual([4, 2, 128]);
  expect(pyramid([1, 1, 1], options()).sizes).toEqual([
    [1, 1],
    [1, 1],
  ]);
  expect(pyramid([28, 28, 1], options({ channels: [8, 16] })).bottom).toEqual([7, 7, 16]);
});

const spec = pictures(5, 6, 2);
const small = { latent: 3, hidden: [7], logVarBound: 0 };

/** Gradients of a model's objective at its initial weights and random samples, by variable. */
function gradientsOf(system: System, data: SampleSpec, given: Record<string, unknown>, labels?: number) {
  const description = describeData(data, { size: 8, classes: labels });
  const { model, batch, scope, table } = build(system, description, given);
  const terms = Object.values(model.objective(batch(8)));
  const loss = terms.map((term) => ('role' in term ? term.value : term).mean()).reduce((a, b) => a.add(b));
  const weights = scope.variables.filter(({ trainable }) => trainable);
  const levels = Uint8Array.from(
    { length: 8 * sizeOf(data.shape) },
    (_, i) => (i * 97 + (i >> 3) * 31) % 256,
  );
  const values: Record<string, Values> = {
    ...Object.fromEntries(initialValues(table.variables.values(), 1)),
    x: data.dtype === 'uint8' ? levels : Float64Array.from(levels, (level) => level / 64 - 2),
    labels: Int32Array.from({ length: 8 }, (_, i) => i % (labels ?? 1)),
  };
  const gradients = compute(grad(loss, weights), { values });
  return { names: weights.map(({ name }) => name), gradients };
}

test('gradients reach every weight of every architecture, normalisation and dropout', () => {
  const kinds: Record<string, unknown>[] = [
    { architecture: 'mlp' },
    { architecture: 'conv', channels: [3, 4] },
    { architecture: 'resnet', channels: [4, 6], blocks: 2 },
  ];
  for (const kind of kinds) {
    for (const extra of [
      {},
      { normalisation: 'batch' },
      { normalisation: 'layer' },
      { normalisation: 'group' },
      { dropout: 0.2 },
    ]) {
      const given = { ...small, ...kind, ...extra, activation: 'silu' };
      const { names, gradients } = gradientsOf(vae, spec, given);
      for (const [i, gradient] of gradients.entries()) {
        const name = `${names[i]} with ${JSON.stringify(given)}`;
        expect(gradient.every(Number.isFinite), name).toBe(true);
        expect(Math.max(...gradient.map(Math.abs)), name).toBeGreaterThan(1e-12);
      }
    }
  }
});

test('gradients reach every weight of a conditional system, its prior’s included', () => {
  const { names, gradients } = gradientsOf(cvae, spec, { ...small, alpha: 0.5 }, 3);
  expect(names.filter((name) => name.startsWith('prior')).length).toBe(4);
  for (const [i, gradient] of gradients.entries())
    expect(Math.max(...gradient.map(Math.abs)), names[i]).toBeGreaterThan(1e-12);
});

test('a layer before a batch normalisation has no bias, which would have no effect', () => {
  const biases = (normalisation: string) =>
    gradientsOf(vae, spec, { ...small, architecture: 'conv', channels: [3], normalisation }).names.filter(
      (name) => /^(encoder|decoder).*bias$/.test(name),
    );
  expect(biases('layer').length).toBe(5);
  // The decoder's last layer has nothing after it.
  expect(biases('batch').length).toBe(1);
});

test('pictures of 16 pixels and more get convolutions, smaller ones and tables dense layers', () => {
  const kernels = (shape: Shape) => {
    const scope = new VariableTable().scope({ training: true });
    networksFor({ shape, holes: false }, shape, options()).encoder(scope)(zeros([1, ...shape]));
    return scope.variables.some(({ rank }) => rank === 4);
  };
  expect(kernels([28, 28, 1])).toBe(true);
  expect(kernels([3, 16, 1])).toBe(true);
  expect(kernels([15, 15, 3])).toBe(false);
  expect(kernels([9])).toBe(false);
});

test('an option that the architecture does not read is refused', () => {
  const refusal = (shape: Shape, given: Record<string, unknown>) => () => networks(shape, given);
  expect(refusal([28, 28, 1], { architecture: 'mlp', channels: [8] })).toThrow(
    'channels: has no effect with architecture mlp; leave it out or choose another architecture',
  );
  expect(refusal([28, 28, 1], { blocks: 2 })).toThrow('blocks: has no effect with architecture conv');
  expect(refusal([9], { architecture: 'conv' })).toThrow(
    'architecture: conv takes pictures, but samples have shape [9]; use mlp',
  );
});

test('a tied autoencoder refuses what ties do not have', () => {
  const data = describeData(pictures(28, 28, 1), { size: 1 });
  const tied = (given: Record<string, unknown>) => () => build(ae, data, { tied: true, ...given });
  expect(tied({})).not.toThrow();
  expect(tied({ architecture: 'conv' })).toThrow('tied: ties dense layers; use architecture mlp');
  expect(tied({ encoder: flatten })).toThrow('tied: ties dense layers; use architecture mlp');
  expect(tied({ dropout: 0.1 })).toThrow('tied: ties plain layers; leave normalisation and dropout out');
  expect(tied({ channels: [8] })).toThrow('channels: has no effect with architecture mlp');
});

test('an encoder and a decoder of one’s own are a few lines', () => {
  const encoder = sequential(conv({ filters: 4, kernel: 3, stride: 2 }), flatten, linear(6));
  const decoder = sequential(linear(5 * 6 * 2), reshape([5, 6, 2]));
  const data = describeData(spec, { size: 1 });
  const { model, batch, scope } = build(vae, data, { latent: 3, encoder, decoder, sigma: 'fixed' });
  expect(model.decode(model.encode(batch(4))).shape).toEqual([4, 5, 6, 2]);
  const shapesOf = (child: string) => scope.child(child).variables.map(({ shape }) => shape);
  expect(shapesOf('encoder')).toEqual([[3, 3, 2, 4], [4], [36, 6], [6]]);
  expect(shapesOf('decoder')).toEqual([[3, 60], [60]]);
});

test('a decoder of one’s own that gives the wrong numbers is refused with both shapes', () => {
  const { decode } = networks([5, 6, 2], { decoder: linear(61) });
  expect(() => decode(zeros([8, 3]))).toThrow(
    'decoder: turns codes [8, 3] into [8, 61], but the likelihood takes [8, 5, 6, 2]',
  );
  const flat = networks([5, 6, 2], { decoder: linear(60) });
  expect(flat.decode(zeros([8, 3])).shape).toEqual([8, 5, 6, 2]);
});

test('an encoder of one’s own that loses the batch axis is refused with both shapes', () => {
  const mean: Layer = () => (x: Tensor) => x.mean(0);
  expect(() => networks([9], { encoder: mean }).encode(zeros([8, 9]))).toThrow(
    'encoder: turns samples [8, 9] into [9]; the first axis is the batch and must stay as it is',
  );
});

test('beside an encoder and a decoder of one’s own, other network options are refused', () => {
  const own = { encoder: flatten, decoder: linear(9) };
  expect(() => networks([9], { ...own, hidden: [8] })).toThrow(
    'hidden: has no effect beside an encoder and a decoder of your own; leave it out',
  );
  expect(() => networks([9], { ...own, activation: 'tanh' })).toThrow('activation: has no effect beside');
  expect(() => networks([9], { encoder: flatten, hidden: [8] })).not.toThrow();
});

test('conditions are joined to an encoder of one’s own as columns or as channels', () => {
  const own = { encoder: flatten };
  expect(networks([9], own).join(zeros([2, 9]), zeros([2, 3])).shape).toEqual([2, 12]);
  expect(networks([5, 6, 2], own).join(zeros([2, 5, 6, 2]), zeros([2, 3])).shape).toEqual([2, 5, 6, 5]);
});
