import { expect, test } from 'vitest';
import { Font, type InkedGlyph, textWidth, type Weight } from './font.js';

const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const SYMBOLS = [...'αβγελμσ−·×°…±→²∞'];
const SIZES = [10, 11, 12, 13, 14, 16, 18, 20, 22, 24, 28, 32, 36];
const WEIGHTS: readonly Weight[] = ['regular', 'bold'];

const key = ({ coverage, advance }: InkedGlyph) => `${advance} ${coverage.width} ${coverage.data.join()}`;

test.each(SIZES)('at %d pixels every character has a glyph of its own', (size) => {
  for (const weight of WEIGHTS) {
    const font = new Font(size, weight);
    const known = new Set([...ASCII, ...SYMBOLS].map((character) => key(font.glyphs(character)[0])));
    expect(known.size).toBe(ASCII.length + SYMBOLS.length);
  }
});

test.each(SIZES)(
  'at %d pixels no glyph reaches the edge of its box, and only the space has no ink',
  (size) => {
    for (const weight of WEIGHTS) {
      const font = new Font(size, weight);
      for (const character of [...ASCII, ...SYMBOLS]) {
        const [{ coverage, advance }] = font.glyphs(character);
        const { width, height, data } = coverage;
        const atEdge = data.filter((_, at) => {
          const [x, y] = [at % width, Math.floor(at / width)];
          return x === 0 || y === 0 || x === width - 1 || y === height - 1;
        });
        expect([character, Math.max(...atEdge)]).toEqual([character, 0]);
        expect([character, Math.max(...data) > 0.5]).toEqual([character, character !== ' ']);
        expect(advance).toBeGreaterThan(0);
      }
    }
  },
);

test('upright and level strokes fall on whole pixels', () => {
  // One pixel wide at this size, the strokes of these letters are half-covered at their round ends only.
  for (const character of 'HELTFI') {
    const [{ coverage }] = new Font(11).glyphs(character);
    const clear = coverage.data.filter((share) => share > 0.01 && share < 0.99).length;
    const full = coverage.data.filter((share) => share >= 0.99).length;
    expect(full).toBeGreaterThan(3 * clear);
  }
});

test('figures are equally wide', () => {
  const font = new Font(13);
  expect(new Set(font.glyphs('0123456789').map(({ advance }) => advance)).size).toBe(1);
});

test('a measured width is that of the drawn text but for the rounding of each letter', () => {
  const text = 'reconstruction 105.2 β';
  for (const weight of WEIGHTS) {
    const font = new Font(24, weight);
    const drawn = font.glyphs(text).reduce((sum, { advance }) => sum + advance, 0);
    // Capitals are rounded to whole pixels too, by at most half of 17.
    expect(Math.abs(drawn - 24 * textWidth(text, weight))).toBeLessThan(text.length / 2 + 0.04 * drawn);
  }
});

test('a letter with a mark shows as the letter, and what has no glyph as the empty box', () => {
  const font = new Font(16);
  expect(font.glyphs('é')).toEqual(font.glyphs('e'));
  expect(font.glyphs('e\u0301')).toEqual(font.glyphs('e'));
  expect(font.glyphs('東')).toEqual(font.glyphs('\u25af'));
  expect(font.glyphs('😀').length).toBe(1);
});
