import { expect, test } from 'vitest';
import { numericTable, optionsOf } from '../conformance/models.js';
import { cvae, describeData, type System, vae } from '../systems/index.js';
import { trainingOptions } from './index.js';
import { requireTrainable } from './requirements.js';

const check =
  (given: Record<string, unknown>, system: System = vae, classes = 0, hasUnknown = false) =>
  () =>
    requireTrainable({
      system,
      options: optionsOf(system),
      data: describeData(numericTable(2), { size: 100, classes, hasUnknown }),
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

test('a system that is told classes needs all of them, unless it takes samples without', () => {
  expect(check({}, cvae, 3, true)).toThrow(
    'data: cvae is conditioned on the class of each sample, and that of some is not known; give all of them labels, leave those samples out, or choose a system that does without',
  );
  expect(check({}, vae, 3, true)).not.toThrow();
  expect(check({}, { ...cvae, takesUnknown: true }, 3, true)).not.toThrow();
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

test('a system says what its options, the data and the run must be together', () => {
  const seen: unknown[] = [];
  const strict: System = {
    ...vae,
    training: () => ({ epochs: 9 }),
    require: ({ run }) => {
      seen.push(run);
    },
  };
  for (const given of [{ epochs: 9 }, { epochs: 3 }, { steps: 10 }, {}]) check(given, strict)();
  expect(seen).toEqual(
    [false, true, true, false].map((isLengthGiven) => ({ batchSize: 100, isLengthGiven })),
  );
});

test('options of the adam family are refused where they change nothing', () => {
  expect(check({ beta1: 0.5, optimizer: 'rmsprop' })).toThrow(
    'beta1: has no effect with optimizer rmsprop, only with the adam family; leave it out',
  );
  expect(check({ epsilon: 1e-4, optimizer: 'sgd' })).toThrow(
    'epsilon: has no effect with optimizer sgd; leave it out',
  );
  expect(check({ epsilon: 1e-4, optimizer: 'rmsprop' })).not.toThrow();
});
