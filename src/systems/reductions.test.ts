/** Settings at which one system is another one: the same loss, terms and gradients with the same weights and noise. */
import { expect, test } from 'vitest';
import { engines } from '../conformance/engines.js';
import { reductions } from '../conformance/reductions/index.js';
import { sidesOf } from '../conformance/reductions/row.js';

/** Rounding of the same sums in another order. */
const rounding = (engine: string) => (engine === 'reference' ? 1e-10 : 1e-5);

for (const engine of engines) {
  test.each(reductions)(`$name on ${engine.name}`, async (reduction) => {
    const { one, other, leftOver } = await sidesOf(engine, reduction);
    const tolerance = Math.max(reduction.tolerance ?? 0, rounding(engine.name));
    expect(Object.keys(one).sort()).toEqual(Object.keys(other).sort());
    for (const [name, values] of Object.entries(other)) {
      const largest = Math.max(...Array.from(values, Math.abs));
      expect(one[name].length, name).toBe(values.length);
      Array.from(values).forEach((value, i) => {
        expect(Math.abs(value - one[name][i]), name).toBeLessThanOrEqual(tolerance * largest);
      });
    }
    for (const [name, values] of Object.entries(leftOver))
      expect(Math.max(...Array.from(values, Math.abs)), name).toBe(0);
  });
}
