import { expect, test } from 'vitest';
import { compute, numericTable, pictures, termValue } from '../conformance/models.js';
import { VariableTable } from '../nn/index.js';
import { input, type Tensor } from '../tensor/index.js';
import { expectedLossOptions, expectedLossVae, pictureVae, unboundedVae } from './expectedLoss.js';
import { describeData } from './index.js';

const small = { architecture: 'mlp', hidden: [6], latent: 2 };
const options = expectedLossOptions.parse(small);
const data = describeData(pictures(3, 4, 1), { size: 10 });
const batch = { x: data.toModel(input('x', [5, 3, 4, 1], 'uint8')) };
const squares = (y: Tensor, target: Tensor) => y.sub(target).square().sumOverEvent();

test('the KL is reported before its weight, and the distance as it is', () => {
  const scope = new VariableTable().scope({ training: true });
  const model = expectedLossVae(unboundedVae(data, options, scope), squares, 7);
  const { reconstruction, kl } = model.objective(batch);
  expect(kl).toMatchObject({ weight: 7, role: 'bound' });
  expect(termValue(reconstruction).shape).toEqual([5]);
  expect(model.encode(batch).shape).toEqual([5, 2]);
  expect(model.decode(model.encode(batch)).shape).toEqual([5, 3, 4, 1]);
});

test('pictures come out between 0 and 1 and have the same weights either way; tables are no pictures', () => {
  const made = [unboundedVae, pictureVae].map((parts) => {
    const scope = new VariableTable().scope({ training: false });
    const mean = parts(data, options, scope).likelihood(input('z', [1, 2])).mean;
    const [values] = compute([mean], { values: { z: Float64Array.of(40, -90) } });
    return { values, names: scope.variables.map(({ name }) => name) };
  });
  const [unbounded, bounded] = made;
  expect(bounded.names).toEqual(unbounded.names);
  bounded.values.forEach((value, i) => {
    expect(value).toBeCloseTo(1 / (1 + Math.exp(-unbounded.values[i])), 12);
  });
  const table = describeData(numericTable(3), { size: 10 });
  expect(() => pictureVae(table, options, new VariableTable().scope({ training: true }))).toThrow(
    'system: this one compares pictures, and the data are tables; take vae',
  );
});
