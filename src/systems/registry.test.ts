import { expect, test } from 'vitest';
import { z } from 'zod';
import { findSystem, systems } from './index.js';

const descriptionOf = (field: z.core.$ZodType) => z.globalRegistry.get(field)?.description ?? '';

test('a system is found by its name', () => {
  const names = systems.map(({ name }) => name);
  expect(names).toContain('vae');
  expect(new Set(names).size).toBe(names.length);
  for (const system of systems) expect(findSystem(system.name)).toBe(system);
});

test('a name with a typing error is answered with the nearest system there is', () => {
  for (const [typed, meant] of [
    ['beta_vae', 'beta-vae'],
    ['betavae', 'beta-vae'],
    ['VEA', 'vae'],
    ['cvea', 'cvae'],
  ]) {
    const sentence = `system: there is no system '${typed}'; did you mean '${meant}'? (vaekit systems lists them)`;
    expect(() => findSystem(typed)).toThrow(sentence);
  }
});

test('a name that is like none gets no suggestion', () => {
  expect(() => findSystem('transformer')).toThrow(
    "system: there is no system 'transformer' (vaekit systems lists them)",
  );
});

test('every option of every system says what it is for', () => {
  for (const { name, options } of systems) {
    for (const [option, field] of Object.entries(options.shape))
      expect(descriptionOf(field), `${name} ${option}`).toMatch(/\w{2}/);
  }
});

test('every system says what it is, what it minimises and where it comes from', () => {
  for (const { title, paper, objective, summary } of systems) {
    for (const text of [title, paper, objective, summary]) expect(text.trim()).not.toBe('');
    expect(summary).toMatch(/\.$/);
  }
});

test('options that are not given take the published defaults', () => {
  const defaults = (name: string) => findSystem(name).options.parse({});
  expect(defaults('ae')).toMatchObject({ cost: 'mse', tied: false });
  // σ is learned unless it is fixed on purpose: a fixed one makes blurry pictures (arXiv:2006.13202).
  expect(defaults('vae')).toMatchObject({ samples: 1, kl: 'analytic', sigma: 'auto', sigma0: 1 });
  expect(defaults('cvae')).toMatchObject({ prior: 'conditional', alpha: 1 });
  expect(defaults('beta-vae')).toMatchObject({ beta: 4, samples: 1, kl: 'analytic' });
});

test('a value out of range is refused by the option’s name', () => {
  const problem = (name: string, given: Record<string, unknown>) => {
    const result = findSystem(name).options.safeParse(given);
    return result.success ? undefined : result.error.issues[0].path[0];
  };
  expect(problem('vae', { latent: -3 })).toBe('latent');
  expect(problem('vae', { hidden: [400, 0] })).toBe('hidden');
  expect(problem('vae', { dropout: 1 })).toBe('dropout');
  expect(problem('vae', { encoder: 'mlp' })).toBe('encoder');
  expect(problem('cvae', { alpha: 1.5 })).toBe('alpha');
  expect(problem('beta-vae', { beta: -1 })).toBe('beta');
});
