import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { build, compute, numericTable, pictures, runOf, termValue, toy } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { grad, input, substitute, type Tensor, topologicalOrder } from '../tensor/index.js';
import { phaseGradients, Training } from '../training/index.js';
import { describeData, type Model, toWeighted } from './index.js';
import { stackedDae } from './stackedDae.js';

const data = describeData(pictures(3, 4, 1, 'float32'), { size: 100, classes: 3 });
const x = Float64Array.from({ length: 60 }, (_, i) => Math.abs(Math.sin(i + 1)));
const labels = Int32Array.of(0, 2, 1, 1, 0);
const two = { layers: [6, 4], levels: [0.5, 0.25] };

function phaseOf({ stages }: Model, name: string) {
  const found = stages?.flatMap(({ phases }) => phases).find((phase) => phase.name === name);
  if (!found) throw new Error(`stacked-dae has no phase '${name}'`);
  return found;
}

/** A phase's loss of five samples, and its gradients by variable. */
function phase(name: string, options: Record<string, unknown> = two, table = new VariableTable()) {
  const { model, batch, scope } = build(stackedDae, data, options, { table });
  const given = phaseOf(model, name);
  const { terms, gradients } = phaseGradients(given, batch(5), scope);
  return { model, terms, gradients, batch, scope, loss: (term: string) => termValue(terms[term]) };
}

const variablesOf = ({ gradients }: { gradients: ReadonlyMap<{ name: string }, Tensor> }) =>
  [...gradients.keys()].map(({ name }) => name);

test('a layer’s phase moves that layer and no other', () => {
  expect(variablesOf(phase('layer1'))).toEqual(['layer1.0.weight', 'layer1.0.bias', 'layer1.0.biasBack']);
  expect(variablesOf(phase('layer2'))).toEqual(['layer2.0.weight', 'layer2.0.bias', 'layer2.0.biasBack']);
});

test('nothing of a layer’s loss reaches the layers below or above', () => {
  for (const tied of [true, false]) {
    for (const name of ['layer1', 'layer2']) {
      const { loss, scope } = phase(name, { ...two, tied });
      const gradients = compute(grad(loss('reconstruction').mean(), scope.variables), { values: { x } });
      scope.variables.forEach(({ name: path }, i) => {
        const isReached = gradients[i].some((value) => value !== 0);
        expect(isReached, `${name} reaches ${path}`).toBe(path.startsWith(name));
      });
    }
  }
});

test('noise is put on a layer’s own input: x stays clean while the second layer learns', () => {
  const shapes = (name: string) =>
    topologicalOrder([phase(name).loss('reconstruction')]).flatMap((node) =>
      node.op === 'random' ? [node.shape] : [],
    );
  expect(shapes('layer1')).toEqual([[5, 3, 4, 1]]);
  expect(shapes('layer2')).toEqual([[5, 6]]);
});

test('training through the layers below is training on what they give', () => {
  const table = new VariableTable();
  const { model, batch } = build(stackedDae, data, { layers: [6], levels: [0.5] }, { table });
  const activations = model.encode(batch(5));
  const { loss, gradients } = phase('layer2', two, table);
  const outputs = [loss('reconstruction'), ...gradients.values()];
  const [cached] = compute([activations], { values: { x } });
  const onCached = substitute(outputs, new Map([[activations, input('h', [5, 6])]]));
  expect(topologicalOrder(onCached).some((node) => node.op === 'input' && node.shape.length > 2)).toBe(false);
  expect(compute(onCached, { values: { h: Float64Array.from(cached) } })).toEqual(
    compute(outputs, { values: { x } }),
  );
});

test('the second layer’s loss is the cross-entropy of its clean input', () => {
  const { model, batch, loss, scope } = phase('layer2', { ...two, levels: [0.5, 0] });
  const named = (name: string) => {
    const found = scope.variables.find((variable) => variable.name === name);
    if (!found) throw new Error(`no variable ${name}`);
    return found;
  };
  const h = batch(5).x.flatten().matmul(named('layer1.0.weight')).add(named('layer1.0.bias')).sigmoid();
  const weight = named('layer2.0.weight');
  const logits = model.encode(batch(5)).matmul(weight.swapLastAxes()).add(named('layer2.0.biasBack'));
  const [value, given, restored] = compute([loss('reconstruction'), h, logits.sigmoid()], { values: { x } });
  value.forEach((each, b) => {
    const parts = Array.from({ length: 6 }, (_, i) => {
      const [v, p] = [given[6 * b + i], restored[6 * b + i]];
      return -v * Math.log(p) - (1 - v) * Math.log(1 - p);
    });
    expect(each).toBeCloseTo(
      parts.reduce((sum, part) => sum + part),
      9,
    );
  });
});

test('it is evaluated by unfolding all layers, on clean samples', () => {
  const { model, batch } = build(stackedDae, data, two);
  const { reconstruction, ...others } = model.objective(batch(5));
  expect(others).toEqual({});
  const [loss, y] = compute([termValue(reconstruction), model.decode(model.encode(batch(5)))], {
    values: { x },
  });
  loss.forEach((value, b) => {
    const entropies = Array.from({ length: 12 }, (_, i) => {
      const [v, p] = [x[12 * b + i], y[12 * b + i]];
      return -v * Math.log(p) - (1 - v) * Math.log(1 - p);
    });
    expect(value).toBeCloseTo(
      entropies.reduce((sum, part) => sum + part),
      9,
    );
  });
});

test('columns of a table cost their squared error, whatever the layers above', () => {
  const table = describeData(numericTable(3), { size: 10 });
  const { model, batch } = build(stackedDae, table, two);
  const { reconstruction } = model.objective(batch(2));
  const rows = Float64Array.of(1, -2, 3, 0.5, 7, -1);
  const [loss, y] = compute([termValue(reconstruction), model.decode(model.encode(batch(2)))], {
    values: { x: rows },
  });
  loss.forEach((value, b) => {
    const squares = [0, 1, 2].map((i) => (rows[3 * b + i] - y[3 * b + i]) ** 2);
    expect(value).toBeCloseTo(squares[0] + squares[1] + squares[2], 9);
  });
});

test('once its stage is over, a layer stays bit for bit what it was', async () => {
  const given = toy(pictures(3, 4, 1, 'float32'), x);
  for (const { create } of [engines[0], engines[engines.length - 1]]) {
    const firstLayer = async (options: Record<string, unknown>, steps: number) => {
      const definition = runOf(stackedDae, given, create(), { options, training: { steps, batchSize: 5 } });
      await new Training({ ...definition, validation: undefined }).finish();
      const names = ['layer1.0.weight', 'layer1.0.bias', 'layer1.0.biasBack'];
      return definition.engine.variables.read(names);
    };
    const alone = await firstLayer({ layers: [6], levels: [0.5] }, 10);
    expect(await firstLayer(two, 20)).toEqual(alone);
    expect(await firstLayer({ layers: [6], levels: [0.5] }, 20)).not.toEqual(alone);
  }
});

test('fine-tuning for classification moves the encoders and the classifier', () => {
  const options = { ...two, finetune: 'classify' };
  const tuned = phase('classify', options);
  expect(variablesOf(tuned)).toEqual([
    'layer1.0.weight',
    'layer1.0.bias',
    'layer2.0.weight',
    'layer2.0.bias',
    'head.weight',
    'head.bias',
  ]);
  for (const gradient of compute([...tuned.gradients.values()], { values: { x, labels } }))
    expect(gradient.some((value) => value !== 0)).toBe(true);
  expect(variablesOf(phase('classify', { ...options, tied: false }))).not.toContain('layer1.decoder.weight');
});

test('its terms are −log softmax of the class, and the share of samples that are put into another one', () => {
  const { terms, model, batch } = phase('classify', { ...two, finetune: 'classify' });
  expect(toWeighted(terms.error).weight).toBe(0);
  const head = input('head.weight', [4, 3]);
  const logits = model.encode(batch(5)).matmul(head);
  const weight = Float64Array.from({ length: 12 }, (_, i) => 3 * Math.cos(i));
  const [loss, error, scores] = compute([termValue(terms.classification), termValue(terms.error), logits], {
    values: { x, labels, 'head.weight': weight },
  });
  labels.forEach((label, b) => {
    const row = scores.slice(3 * b, 3 * b + 3);
    const exps = row.map(Math.exp);
    expect(loss[b]).toBeCloseTo(Math.log(exps[0] + exps[1] + exps[2]) - row[label], 9);
    expect(error[b]).toBe(Math.max(...row) === row[label] ? 0 : 1);
  });
});

test('fine-tuning of the whole moves everything, for the unfolded reconstruction', () => {
  const unfolded = phase('unfold', { ...two, finetune: 'unfold' });
  expect(variablesOf(unfolded)).toEqual(unfolded.scope.variables.map(({ name }) => name));
  expect(variablesOf(unfolded)).toHaveLength(6);
  expect(unfolded.loss('reconstruction')).toBe(
    termValue(unfolded.model.objective(unfolded.batch(5)).reconstruction),
  );
});

test('layers and fine-tuning have equal parts of the run', () => {
  const stages = (options: Record<string, unknown>) =>
    build(stackedDae, data, options).model.stages?.map(({ name, length }) => [name, length]);
  expect(stages(two)).toEqual([
    ['layer 1', 1 / 2],
    ['layer 2', undefined],
  ]);
  expect(stages({ ...two, finetune: 'unfold' })).toEqual([
    ['layer 1', 1 / 3],
    ['layer 2', 1 / 3],
    ['fine-tuning', undefined],
  ]);
  const epochs = (options: Record<string, unknown>) =>
    stackedDae.training?.(stackedDae.options.parse(options), data).epochs;
  expect(epochs(two)).toBe(30);
  expect(epochs({ ...two, finetune: 'classify', epochsPerLayer: 4 })).toBe(12);
});

test('three layers of 1000 units learn under noise of 0.1, 0.2 and 0.3, more layers under 0.3', () => {
  expect(stackedDae.options.parse({})).toMatchObject({
    layers: [1000, 1000, 1000],
    tied: true,
    finetune: 'none',
  });
  const changed = (layer: number) => {
    const given = phase(`layer${layer}`, { layers: [10, 10, 10, 10] }).loss('reconstruction');
    // The places that noise reaches are those of a top-k.
    return topologicalOrder([given]).flatMap((node) => (node.is('topK') ? [node.attributes.k] : []));
  };
  // round(0.1 · 12) and shares of 10 units
  expect([1, 2, 3, 4].map(changed)).toEqual([[1], [2], [3], [3]]);
});

test('samples need labels for classification only', () => {
  const needs = (finetune: string) => {
    const { needsLabels } = stackedDae;
    return typeof needsLabels === 'function' && needsLabels(stackedDae.options.parse({ finetune }));
  };
  expect(['none', 'unfold', 'classify'].map(needs)).toEqual([false, false, true]);
});

test('options that do not go together are refused', () => {
  const refused = (options: Record<string, unknown>) => expect(() => build(stackedDae, data, options));
  refused({ layers: [5, 5], levels: [0.1] }).toThrow(
    'levels: has 1 levels for 2 layers; give one for each layer',
  );
  refused({ layers: [5, 5], levels: [0.1, 2] }).toThrow(
    'levels: are shares of the entries with masking noise; 2 is more than 1',
  );
  const given = (options: Record<string, unknown>, isLengthGiven: boolean) => ({
    options: stackedDae.options.parse(options),
    data,
    run: { batchSize: 64, isLengthGiven },
  });
  expect(() => stackedDae.require?.(given({ epochsPerLayer: 3 }, true))).toThrow(
    'epochsPerLayer: is the length of the run, as steps and epochs are; give one of them',
  );
  stackedDae.require?.(given({ epochsPerLayer: 3 }, false));
  stackedDae.require?.(given({}, true));
});
