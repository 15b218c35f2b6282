import { expect, test } from 'vitest';
import { systems } from '../systems/index.js';
import { plainMath } from './plainMath.js';

test('equations are readable on a terminal', () => {
  expect(plainMath(String.raw`-\mathbb{E}_{q(z|x)}[\log p(x|z)] + \beta\,KL(q(z|x)\,\|\,p(z))`)).toBe(
    '−E_q(z|x)[log p(x|z)] + β KL(q(z|x) ‖ p(z))',
  );
  expect(plainMath(String.raw`\frac{1}{D}\|x - f(z)\|^2`)).toBe('1/D ‖x − f(z)‖²');
  expect(plainMath(String.raw`\frac{1}{2 D}\|x - \hat{x}\|^2\ \text{against}\ \log D(x)`)).toBe(
    '1/(2 D) ‖x − x̂‖² against log D(x)',
  );
  expect(plainMath(String.raw`\sum_i (x_i - f(g(x))_i)^2`)).toBe('Σ_i (x_i − f(g(x))_i)²');
  expect(plainMath(String.raw`\|x\|,\quad x = e,\qquad y`)).toBe('‖x‖, x = e, y');
  expect(plainMath(String.raw`\sum_{i\ne{}j} C_{ij}^2 + \prod_{j\in{}g} q_j`)).toBe(
    'Σ_i≠j C_ij² + Π_j∈g q_j',
  );
});

test.each(systems.map(({ name, objective }) => [name, objective]))(
  'the equation of %s has no commands left',
  (_, objective) => {
    expect(plainMath(objective)).not.toMatch(/[\\{}]|math|frac|quad/);
  },
);
