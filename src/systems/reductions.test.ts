/** Settings at which one system is another one: the same loss, terms and gradients with the same weights and noise. */
import { expect, test } from 'vitest';
import { type EngineUnderTest, engines } from '../conformance/engines.js';
import { build, pictures, tableOf, valuesOn } from '../conformance/models.js';
import { initialValues, type Values } from '../engine/index.js';
import { grad, sizeOf, type Tensor } from '../tensor/index.js';
import { betaVae, cvae, type DataDescription, describeData, type System, toWeighted, vae } from './index.js';

const images = describeData(pictures(4, 5, 3), { size: 10 });
const rows = describeData(
  tableOf([
    { name: 'a', type: 'numeric' },
    { name: 'b', type: 'ordinal', categories: ['low', 'mid', 'high'] },
  ]),
  { size: 10 },
);

interface Setting {
  system: System;
  data: DataDescription;
  options?: Record<string, unknown>;
  weights?: ReadonlyMap<string, Values>;
}

function built({ system, data, options }: Setting) {
  const model = build(system, data, { architecture: 'mlp', hidden: [6], latent: 2, ...options });
  const terms = Object.entries(model.model.objective(model.batch(3)));
  return { ...model, terms: terms.map(([name, term]) => [name, toWeighted(term)] as const) };
}

async function lossAndGradients(engine: EngineUnderTest, setting: Setting): Promise<Record<string, Values>> {
  const { terms, scope } = built(setting);
  const loss = terms.map(([, { value, weight }]) => value.mul(weight).mean()).reduce((a, b) => a.add(b));
  const weights = scope.variables.filter(({ trainable }) => trainable);
  const outputs: Record<string, Tensor> = { loss };
  for (const [name, { value }] of terms) outputs[name] = value;
  for (const [i, g] of grad(loss, weights).entries()) outputs[weights[i].name] = g;
  const { shape, dtype } = setting.data.spec;
  const x = Array.from({ length: 3 * sizeOf(shape) }, (_, i) => i % 3);
  const feeds = {
    x: dtype === 'uint8' ? Uint8Array.from(x, (value) => 80 * value) : Float32Array.from(x),
    labels: new Int32Array(3),
  };
  return valuesOn(engine.create(), outputs, { feeds, seed: 5, firstStep: 7, weights: setting.weights });
}

function expectSame(a: Record<string, Values>, b: Record<string, Values>, relative: number) {
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort());
  for (const [name, values] of Object.entries(a)) {
    const largest = Math.max(...Array.from(values, Math.abs));
    Array.from(values).forEach((value, i) => {
      expect(Math.abs(value - b[name][i]), name).toBeLessThanOrEqual(relative * largest);
    });
  }
}

/** What a constant 1 beside a layer's inputs adds is what its bias adds: rows of it are folded into the bias. */
function withoutConstant(
  values: Record<string, Values>,
  inputs: Readonly<Record<string, number>>,
): Map<string, Values> {
  const folded = new Map(Object.entries(values));
  for (const [layer, rows] of Object.entries(inputs)) {
    const weight = values[`${layer}.weight`];
    const bias = values[`${layer}.bias`];
    folded.set(`${layer}.weight`, weight.slice(0, rows * bias.length));
    const added = weight.slice(rows * bias.length);
    folded.set(
      `${layer}.bias`,
      Float64Array.from(bias, (value, i) => value + added[i]),
    );
  }
  return folded;
}

for (const engine of engines) {
  // Rounding of the same sums in another order.
  const tolerance = engine.name === 'reference' ? 1e-10 : 1e-5;

  test(`β-VAE at β = 1 is VAE on ${engine.name}`, async () => {
    for (const data of [images, rows]) {
      for (const options of [{}, { kl: 'sampled' }, { samples: 3 }]) {
        const one = { system: betaVae, data, options: { ...options, beta: 1 } };
        const other = { system: vae, data, options };
        expectSame(await lossAndGradients(engine, one), await lossAndGradients(engine, other), tolerance);
      }
    }
  });

  test(`CVAE with one class for all samples and a standard prior is VAE on ${engine.name}`, async () => {
    const conditional = { system: cvae, data: { ...images, classes: 1 }, options: { prior: 'standard' } };
    const initial = Object.fromEntries(initialValues(built(conditional).table.variables.values(), 5));
    const layers = { 'encoder.1': 60, 'decoder.0': 2 };
    const weights = withoutConstant(initial, layers);
    const plain = await lossAndGradients(engine, { system: vae, data: images, weights });
    const { ...given } = await lossAndGradients(engine, {
      ...conditional,
      weights: new Map(Object.entries(initial)),
    });
    // The constant's own gradient is that of the bias beside it.
    for (const [layer, rows] of Object.entries(layers)) {
      const size = rows * given[`${layer}.bias`].length;
      const all = given[`${layer}.weight`];
      expectSame({ bias: all.slice(size) }, { bias: given[`${layer}.bias`] }, tolerance);
      given[`${layer}.weight`] = all.slice(0, size);
    }
    expectSame(given, plain, tolerance);
  });
}
