import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { filled } from '../nn/index.js';
import { input, Program, Variable } from '../tensor/index.js';
import { averaging } from './averaging.js';

test('without decay nothing is averaged', () => {
  const weight = new Variable('w', [2], filled(0));
  const { averages, updates } = averaging(new Map([[weight, input('next', [2])]]), input('count', []), 0);
  expect([averages.size, updates.size]).toEqual([0, 0]);
});

for (const { name, create } of engines.slice(0, 2)) {
  test(`the average is the weight at first and follows it with the decay in the end on ${name}`, async () => {
    const weight = new Variable('w', [1], filled(0));
    const count = input('count', []);
    const { averages, updates } = averaging(new Map([[weight, input('next', [1])]]), count, 0.5);
    const average = averages.get(weight);
    expect(average?.name).toBe('average.w');
    const engine = create();
    await engine.variables.write(new Map([['average.w', Float32Array.of(0)]]));
    const [value] = updates.values();
    const executable = await engine.compile(new Program({ outputs: { value }, updates }));
    const next = Array.from({ length: 30 }, (_, i) => Math.cos(i));
    const feeds = { count: Float32Array.from(next, (_, i) => i), next: Float32Array.from(next) };
    const { value: values } = await executable.run(feeds, { steps: 30 });
    let expected = 0;
    next.forEach((w, t) => {
      const keep = Math.min(0.5, t / (t + 10));
      expected = keep * expected + (1 - keep) * w;
      expect(values[t]).toBeCloseTo(expected, 5);
    });
    expect(values[0]).toBe(1);
  });
}
