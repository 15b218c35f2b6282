import { expect, test } from 'vitest';
import { tracePath } from './penPath.js';

test('a quarter of an ellipse lies on its ellipse, and ends where it is told', () => {
  for (const path of ['M0 4H6 0', 'M6 0V0 4']) {
    const [line] = tracePath(path).lines;
    for (let i = 0; i < line.length; i += 2) {
      expect((line[i] / 6) ** 2 + (line[i + 1] / 4) ** 2).toBeCloseTo(1, 12);
    }
    expect(line.slice(-2)).toEqual(
      path === 'M0 4H6 0' ? [6, expect.closeTo(0, 12)] : [expect.closeTo(0, 12), 4],
    );
  }
});

test('stems are where strokes stand upright or level, where bows turn, and where dots are', () => {
  const { uprights, levels, width } = tracePath('M0 10L0 0M0 6V4.3 10H8 6L8 0M3 13');
  expect(uprights).toEqual([0, 3, 8]);
  expect(levels).toEqual([10, 13]);
  expect(width).toBe(8);
});

test('a Bézier curve starts and ends at its ends', () => {
  const [line] = tracePath('M1 2C3 9 5 9 7 2').lines;
  expect([line[0], line[1], ...line.slice(-2)]).toEqual([1, 2, 7, 2]);
  expect(Math.max(...line.filter((_, i) => i % 2 === 1))).toBeCloseTo(7.25, 6);
});

test('a command that there is not is named', () => {
  expect(() => tracePath('M0 0Q1 1')).toThrow("pen path: there is no command 'Q' in 'M0 0Q1 1'");
});
