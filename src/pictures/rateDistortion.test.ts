import { expect, test } from 'vitest';
import { rateDistortionFigure } from './rateDistortion.js';
import { toSvg } from './svg.js';

/** Where the names of points begin, by name. */
function namesOf(points: readonly { name: string; rate: number; distortion: number }[]): Map<string, number> {
  const svg = toSvg(rateDistortionFigure({ title: 'curve', caption: 'of models', points }));
  const texts = svg.matchAll(/<text x="([^"]+)"[^>]*>([^<]+)<\/text>/g);
  const found = Array.from(texts, ([, x, text]) => [text, Number(x)] as const);
  return new Map(found.filter(([text]) => points.some(({ name }) => name === text)));
}

test('names of points that lie together stand on both sides, and no name lies over another', () => {
  const together = { rate: 1, distortion: 2 };
  const names = namesOf([
    { name: 'one', ...together },
    { name: 'two', ...together },
    { name: 'three', ...together },
    { name: 'far away', rate: 9, distortion: 1 },
  ]);
  expect([...names.keys()]).toEqual(['one', 'two', 'far away']);
  const [right, left] = [names.get('one') ?? 0, names.get('two') ?? 0];
  expect(right - left).toBeGreaterThan(30);
});

test('a name at the right border stands at the left of its point', () => {
  const names = namesOf([
    { name: 'first', rate: 0, distortion: 1 },
    { name: 'a name that is quite long', rate: 1, distortion: 0 },
  ]);
  expect(names.get('a name that is quite long')).toBeLessThan(600);
});
