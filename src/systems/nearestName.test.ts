import { expect, test } from 'vitest';
import { nearestName } from './nearestName.js';

test('the nearest name is the one with the fewest typing errors, whatever its case', () => {
  const runs = ['vae-mnist-1', 'vae-mnist-2', 'cvae-glyphs-1'];
  expect(nearestName('vae-mnist2', runs)).toBe('vae-mnist-2');
  expect(nearestName('CVAE-glyphs', runs)).toBe('cvae-glyphs-1');
  expect(nearestName('x', [])).toBeUndefined();
});
