import { expect, test } from 'vitest';
import { numericTable, optionsOf } from '../conformance/models.js';
import { cvae, describeData, type System, vae } from '../systems/index.js';
import { trainingOptions } from './index.js';
import { requireTrainable } from './requirements.js';

const check =
  (given: Record<string, unknown>, system: System = vae, classes = 0) =>
  () =>
    requireTrainable({
      system,
      options: optionsOf(system),
      data: describeData(numericTable(2), { size: 100, classes }),
      training: trainingOptions.parse({ batchSize: 100, ...given }),
    });

test('a batch may be as large as the data and not larger', () => {
  expect(check({})).not.toThrow();
  expect(check({ batchSize: 128 })).toThrow(
    'batchSize: a batch of 128 is larger than the 100 training samples; take 100 or fewer',
  );
});

test('a conditional system needs classes', () => {
  expect(check({}, cvae, 3)).not.toThrow();
  expect(check({}, cvae)).toThrow(
    'data: cvae is conditioned on classes, and this data has none; give it labels or choose another system',
  );
});

test('an option that nothing would read is refused', () => {
  expect(check({ epochs: 3, steps: 100 })).toThrow('epochs: has no effect beside steps; leave it out');
  expect(check({ momentum: 0.9 })).toThrow(
    'momentum: has no effect with optimizer adam, only with sgd; leave it out',
  );
  expect(check({ weightDecay: 0.1, optimizer: 'sgd' })).toThrow(
    'weightDecay: has no effect with optimizer sgd, only with adamw; leave it out',
  );
  expect(check({ klWarmup: 0.3, klCycles: 4 })).toThrow(
    'klWarmup: has no effect beside klCycles; leave it out',
  );
});

test('the same options are fine where they are read', () => {
  const accepted = [
    { momentum: 0.9, optimizer: 'sgd' },
    { weightDecay: 0.1, optimizer: 'adamw' },
    { klWarmup: 0.3 },
    { klCycles: 4 },
    { epochs: 3 },
  ];
  for (const given of accepted) expect(check(given)).not.toThrow();
});
