import { expect, test } from 'vitest';
import { knownEvidence, PRIOR } from '../conformance/knownEvidence.js';
import { build, compute, pictures, termValue } from '../conformance/models.js';
import { importanceGradients } from '../probability/index.js';
import { grad, type Tensor, topologicalOrder } from '../tensor/index.js';
import { phaseGradients } from '../training/phases.js';
import { describeData, iwae, miwae, type Phase, piwae } from './index.js';

const picture = describeData(pictures(3, 4, 1), { size: 10 });
const small = { architecture: 'mlp', hidden: [6], latent: 3 };
const x = Uint8Array.from({ length: 48 }, (_, i) => (i * 89) % 256);

function phasesOf(options: Record<string, unknown>) {
  const built = build(piwae, picture, { ...small, ...options });
  const [stage] = built.model.stages ?? [];
  const [generation, inference] = stage.phases;
  return { ...built, order: stage.order, generation, inference };
}

/** Gradients by the name of what they move. */
function gradientsOf(phase: Phase, { batch, scope }: ReturnType<typeof phasesOf>) {
  const gradients = [...phaseGradients(phase, batch(4), scope).gradients];
  const values = compute(
    gradients.map(([, gradient]) => gradient),
    { values: { x }, seed: 2 },
  );
  return Object.fromEntries(gradients.map(([{ name }], i) => [name, values[i]]));
}

test('evaluation reports the bound of all draws: −1.51839 for 8 groups of 8', () => {
  const { average, standardError } = knownEvidence(piwae, { m: 8, k: 8 }, PRIOR, 10_000);
  expect(Math.abs(-average + 1.51839)).toBeLessThan(4 * standardError + 1e-5);
});

test('each loss moves its own half of the network, and nothing of the other', () => {
  for (const gradient of importanceGradients) {
    const given = phasesOf({ gradient });
    const moved = (phase: Phase) => Object.keys(gradientsOf(phase, given));
    const halves = (names: readonly string[]) => new Set(names.map((name) => name.split('.')[0]));
    expect(halves(moved(given.generation))).toEqual(new Set(['decoder']));
    expect(halves(moved(given.inference))).toEqual(new Set(['encoder', 'mean', 'logVar']));
  }
});

test('the decoder has IWAE’s gradient of all draws, the encoder MIWAE’s of the groups', () => {
  for (const gradient of importanceGradients) {
    const given = phasesOf({ m: 2, k: 3, gradient });
    const expected = (built: ReturnType<typeof build>) => {
      const loss = termValue(built.model.objective(built.batch(4)).bound).mean();
      const { variables } = built.scope;
      const values = compute(grad(loss, variables), { values: { x }, seed: 2 });
      return Object.fromEntries(variables.map(({ name }, i) => [name, values[i]]));
    };
    const all = expected(build(iwae, picture, { ...small, k: 6, gradient }));
    const groups = expected(build(miwae, picture, { ...small, m: 2, k: 3, gradient }));
    for (const [phase, other] of [
      [given.generation, all],
      [given.inference, groups],
    ] as const) {
      for (const [name, values] of Object.entries(gradientsOf(phase, given)))
        values.forEach((value, i) => {
          expect(value).toBeCloseTo(other[name][i], 10);
        });
    }
  }
});

test('both losses come from one forward pass with one set of draws', () => {
  const isWeight = (node: Tensor, name: string) => 'name' in node && node.name === name;
  for (const gradient of importanceGradients) {
    const { generation, inference, batch, order } = phasesOf({ gradient });
    expect(order).toBe('together');
    const losses = [generation, inference].map((phase) => termValue(phase.objective(batch(4)).bound));
    const nodes = topologicalOrder(losses);
    expect(nodes.filter((node) => node.is('random')).length).toBe(1);
    for (const weight of ['encoder.1.weight', 'decoder.0.weight'])
      expect(nodes.filter((node) => node.is('matmul') && isWeight(node.inputs[1], weight)).length).toBe(1);
  }
});
