import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textWidth } from './font.js';
import { formatCount, formatNumber, truncate, wrap } from './typesetting.js';

test.each([
  [105.2345, '105.2'],
  [0.0133333, '0.01333'],
  [-3, '−3'],
  [0, '0'],
  [0.5, '0.5'],
  [1560, '1560'],
  [12_345.6, '12,346'],
  [9_999.9, '10,000'],
  [0.99996, '1'],
  [3.14e-7, '3.1e−7'],
  [2.5e9, '2.5e9'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '−∞'],
])('%d is written %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('thousands of counts are set apart', () => {
  expect([999, 1000, 1_234_567].map(formatCount)).toEqual(['999', '1,000', '1,234,567']);
});

test('a truncated text fits its width, and one that fits is left alone', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 20, max: 200 }), (text, width) => {
      const cut = truncate(text, width, 12);
      expect(12 * textWidth(cut)).toBeLessThanOrEqual(width);
      if (12 * textWidth(text) <= width) expect(cut).toBe(text);
      else expect(cut.endsWith('…')).toBe(true);
    }),
  );
});

test('wrapped lines fit, and have all the words that fit a line', () => {
  const text = 'A variational autoencoder with a rather long name and aWordThatIsWiderThanAllLinesTogether';
  const lines = wrap(text, 150, 14);
  for (const line of lines) expect(14 * textWidth(line)).toBeLessThanOrEqual(150);
  expect(lines.slice(0, -1).join(' ')).toBe('A variational autoencoder with a rather long name and');
  expect(lines[lines.length - 1]).toMatch(/^aWord.*…$/);
  expect(wrap('  ', 150, 14)).toEqual([]);
});
