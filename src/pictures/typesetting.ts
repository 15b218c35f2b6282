/** The sizes of text in figures, numbers as text, and text made to fit a width. */
import { CAPITAL, textWidth, type Weight } from './font.js';

export const TICK_SIZE = 11;
export const LABEL_SIZE = 12;
export const HEADING_SIZE = 13;
export const TITLE_SIZE = 16;
/** How far below the middle of a line its baseline is, for a font size of 1. */
export const HALF_CAPITAL = CAPITAL / 2;

const ELLIPSIS = '…';

/** A number to a few significant digits, in the least room: 105.2, 0.013, 12,480, 3.1e−7. */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value).replace('-', '−').replace('Infinity', '∞');
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e7 || magnitude < 1e-4)) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 3)).split('e');
    return signed(`${withoutEmptyDecimals(mantissa)}e${Number(exponent)}`);
  }
  const rounded = Number(value.toPrecision(digits));
  return signed(Math.abs(rounded) >= 10 ** digits ? grouped(String(Math.round(value))) : String(rounded));
}

/** A whole number, with its thousands set apart. */
export function formatCount(count: number): string {
  return grouped(String(count));
}

/** With a true minus sign. */
export function signed(number: string): string {
  return number.replaceAll('-', '−');
}

function withoutEmptyDecimals(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A text cut to a width, with an ellipsis where something is missing. */
export function truncate(text: string, width: number, size: number, weight?: Weight): string {
  if (size * textWidth(text, weight) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && size * textWidth(characters.join('') + ELLIPSIS, weight) > width) {
    characters.pop();
  }
  return characters.join('').trimEnd() + ELLIPSIS;
}

/** Lines of at most a width, broken between words; a single word that is wider is cut. */
export function wrap(text: string, width: number, size: number, weight?: Weight): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length > 0 && size * textWidth(longer, weight) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => truncate(line, width, size, weight));
}
