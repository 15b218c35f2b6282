import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Plan } from './plan.js';

const milestones = (plan: Plan) => {
  const steps: number[] = [];
  for (let step = 0; step < plan.total; step = plan.next(step)) steps.push(plan.next(step));
  return steps;
};

test('without being told, a run is evaluated and saved twenty times, and at its end', () => {
  const plan = new Plan({}, 1000);
  expect(milestones(plan)).toEqual(Array.from({ length: 20 }, (_, i) => 50 * (i + 1)));
  expect(milestones(plan).every((step) => plan.evaluates(step) && plan.checkpoints(step))).toBe(true);
  expect(milestones(new Plan({}, 7))).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('evaluations and checkpoints have paces of their own, and both come at the end', () => {
  const plan = new Plan({ evaluateEvery: 4, checkpointEvery: 6 }, 13);
  expect(milestones(plan)).toEqual([4, 6, 8, 12, 13]);
  expect([4, 6, 8, 12, 13].map((step) => plan.evaluates(step))).toEqual([true, false, true, true, true]);
  expect([4, 6, 8, 12, 13].map((step) => plan.checkpoints(step))).toEqual([false, true, false, true, true]);
});

test('checkpoints come with the evaluations unless they are asked for', () => {
  expect(milestones(new Plan({ evaluateEvery: 5 }, 12))).toEqual([5, 10, 12]);
});

test('the next milestone is the first step after this one at which something is planned', () => {
  const every = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined });
  fc.assert(
    fc.property(
      every,
      every,
      fc.integer({ min: 1, max: 100 }),
      fc.nat(99),
      (evaluateEvery, checkpointEvery, total, at) => {
        const plan = new Plan({ evaluateEvery, checkpointEvery }, total);
        const step = at % total;
        let expected = step + 1;
        while (!plan.evaluates(expected) && !plan.checkpoints(expected)) expected++;
        expect(plan.next(step)).toBe(expected);
      },
    ),
  );
});
