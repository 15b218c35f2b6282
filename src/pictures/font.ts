/**
 * Text as pixels: measures it, and draws its glyphs so that upright and level strokes fall on whole pixels.
 *
 * A character without a glyph is shown as its base letter where it is a letter with a mark, else as an empty box.
 */
import { Coverage } from '../data/strokes.js';
import { drawGlyphs, type Glyph, MISSING } from './fontGlyphs.js';

export type Weight = 'regular' | 'bold';

/** Height of capitals, and widths of the pen, for a font size of 1. */
export const CAPITAL = 0.72;
const PEN = { regular: 0.088, bold: 0.135 } as const;
/** Units of a capital's path, and the most that any glyph has above the baseline and below it. */
const CAPITAL_UNITS = 14;
const UNITS_ABOVE = 15.6;
const UNITS_BELOW = 4;
/** Pixels around a glyph for what anti-aliasing and snapping may need. */
const SPARE = 2;
/** Characters that another glyph shows well enough. */
const ALIKE: Readonly<Record<string, string>> = {
  '\u00a0': ' ',
  '\u00b5': 'μ',
  '\u2010': '-',
  '\u2011': '-',
  '\u2013': '−',
  '\u2014': '−',
  '\u2018': "'",
  '\u2019': "'",
  '\u201c': '"',
  '\u201d': '"',
  '\u2022': '·',
  '\n': ' ',
  '\t': ' ',
};

/** Ink of one character; the pen stands at (0, 0) on the baseline and then goes on by `advance` pixels. */
export interface InkedGlyph {
  readonly coverage: Coverage;
  /** Where the coverage's upper left corner lies, y down. */
  readonly left: number;
  readonly top: number;
  readonly advance: number;
}

let drawn: ReadonlyMap<string, Glyph> | undefined;

/** Glyphs are the same for all fonts, and drawn when the first text is. */
function glyphOf(character: string): Glyph {
  drawn ??= drawGlyphs();
  const found = drawn.get(character) ?? drawn.get(MISSING);
  if (!found) throw new Error('font: the glyph for missing characters is missing');
  return found;
}

/** The characters of a text as glyphs show them. */
function characters(text: string): string[] {
  const composed = [...text.normalize('NFC')].map((character) => ALIKE[character] ?? character);
  return composed.map((character) => {
    const [base] = character.normalize('NFD');
    return glyphOf(character) === glyphOf(MISSING) ? base : character;
  });
}

/** How wide a text is for a font size of 1; a font's own widths are rounded to whole pixels. */
export function textWidth(text: string, weight: Weight = 'regular'): number {
  const unit = (CAPITAL - PEN[weight]) / CAPITAL_UNITS;
  return characters(text).reduce((sum, character) => {
    const { left, width, right } = glyphOf(character);
    return sum + (left + width + right) * unit + PEN[weight];
  }, 0);
}

/** A font of one size and weight. It keeps the glyphs that it has inked. */
export class Font {
  readonly #inked = new Map<string, InkedGlyph>();
  readonly #radius: number;
  readonly #unit: number;

  /** @param size in pixels; capitals are 0.72 of it high */
  constructor(size: number, weight: Weight = 'regular') {
    this.#radius = Math.max(1, PEN[weight] * size) / 2;
    this.#unit = (Math.round(CAPITAL * size) - 2 * this.#radius) / CAPITAL_UNITS;
  }

  glyphs(text: string): InkedGlyph[] {
    return characters(text).map((character) => {
      const known = this.#inked.get(character);
      if (known) return known;
      const inked = this.#ink(glyphOf(character));
      this.#inked.set(character, inked);
      return inked;
    });
  }

  #ink({ lines, uprights, levels, left, width, right }: Glyph): InkedGlyph {
    const radius = this.#radius;
    const unit = this.#unit;
    const advance = Math.round((left + width + right) * unit + 2 * radius);
    const above = Math.ceil(UNITS_ABOVE * unit + 2 * radius) + SPARE;
    const below = Math.ceil(UNITS_BELOW * unit) + SPARE;
    const x = snapped(uprights, (at) => radius + (left + at) * unit, radius);
    const y = snapped(levels, (at) => radius + at * unit, radius);
    const coverage = new Coverage(advance + 2 * SPARE, above + below);
    for (const line of lines) {
      const placed = line.map((at, i) => (i % 2 === 0 ? SPARE + x(at) : above - y(at)));
      coverage.stroke(placed, line.length === 2 ? 1.2 * radius : radius);
    }
    return { coverage, left: -SPARE, top: -above, advance };
  }
}

/**
 * Where coordinates go so that strokes at the given ones end on a pixel's edge; what lies between moves along.
 *
 * @param stems in ascending order
 * @param place coordinates to pixels, before snapping
 */
function snapped(
  stems: readonly number[],
  place: (at: number) => number,
  radius: number,
): (at: number) => number {
  const moves = stems.map((stem) => Math.round(place(stem) - radius) + radius - place(stem));
  return (at) => {
    const above = stems.findIndex((stem) => stem >= at);
    if (stems.length === 0) return place(at);
    if (above === -1) return place(at) + moves[moves.length - 1];
    if (above === 0) return place(at) + moves[0];
    const share = (at - stems[above - 1]) / (stems[above] - stems[above - 1]);
    return place(at) + moves[above - 1] + share * (moves[above] - moves[above - 1]);
  };
}
