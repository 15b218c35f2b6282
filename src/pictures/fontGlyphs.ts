/**
 * The letters of the pictures, drawn for vaekit as the path of a pen, one width for all.
 *
 * A path is a list of commands, each a letter and coordinates in units of a fourteenth of a capital's height; x goes
 * right from the glyph's left edge, y goes up from the baseline; small letters are 10 high and reach down to −4:
 *
 *   M x y            lift the pen and set it down; alone it makes a dot
 *   L x y            a straight line
 *   H x y, V x y     a quarter of an ellipse that leaves horizontally, or vertically
 *   C x y x y x y    a cubic Bézier curve
 */

import { type Outline, tracePath } from './penPath.js';

export interface Glyph extends Outline {
  /** Free space at the left and the right, in the same units. */
  readonly left: number;
  readonly right: number;
}

/** What stands for a character that has no glyph. */
export const MISSING = '\u25af';

/** Free space beside upright strokes, round ones, open or slanted ones. */
const UPRIGHT = 1.65;
const ROUND = 1.15;
const OPEN = 0.5;
/** All digits are this wide, free space and all, so that columns of numbers stand straight. */
const FIGURE = 11.4;

/** Glyphs by character. */
export function drawGlyphs(): ReadonlyMap<string, Glyph> {
  const glyphs = new Map<string, Glyph>();
  for (const [character, left, path, right] of SHAPES) {
    glyphs.set(character, { ...tracePath(path), left, right });
  }
  for (const [character, path] of FIGURES) {
    const outline = tracePath(path);
    const space = (FIGURE - outline.width) / 2;
    glyphs.set(character, { ...outline, left: space, right: space });
  }
  return glyphs;
}

const FIGURES: readonly (readonly [character: string, path: string])[] = [
  ['0', 'M4.3 14H8.6 7V4.3 0H0 7V4.3 14'],
  ['1', 'M0 11L3.4 14L3.4 0'],
  ['2', 'M0.2 10.4V4.2 14H8.2 10.3C8.2 7 4 4.6 0 0L8.4 0'],
  ['3', 'M0.3 11V4.1 14H7.8 10.7V4.2 7.4L3 7.4M4.2 7.4H8.4 3.7V4.2 0H0 3.1'],
  ['4', 'M6.6 0L6.6 14L0 3.8L9 3.8'],
  ['5', 'M7.6 14L1 14L0.6 7.2C1.5 8.3 2.8 8.9 4.2 8.9H8.4 4.5V4.2 0H0 2.9'],
  ['6', 'M7.9 11.3V4.7 14H0 6.2L0 4.4V4.3 0H8.6 4.4V4.3 8.8H0 4.4'],
  ['7', 'M0 14L8.4 14L2.8 0'],
  ['8', 'M4.3 14H8 10.8V4.3 7.6H0.6 10.8V4.3 14M4.3 7.6H8.6 3.8V4.3 0H0 3.8V4.3 7.6'],
  ['9', 'M0.7 2.7V3.9 0H8.6 7.8L8.6 9.6V4.3 14H0 9.6V4.3 5.2H8.6 9.6'],
];

const SHAPES: readonly (readonly [character: string, left: number, path: string, right: number])[] = [
  [' ', 0, '', 5.2],
  ['!', 1.95, 'M0 14L0 4.6M0 0', 1.95],
  ['"', 1.55, 'M0 14L0 10.4M3.8 14L3.8 10.4', 1.55],
  ['#', 0.95, 'M3.8 14L2 0M8.6 14L6.8 0M0.6 9.6L10.6 9.6M0 4.4L10 4.4', 0.95],
  ['$', 1.15, 'M8 10.2V4.2 12.8H0.3 9.9V4.2 7H8.4 4V4.2 1H0 3.6M4.2 15L4.2 -1', 1.15],
  [
    '%',
    1.15,
    'M2.6 14H5.2 11.2V2.6 8.4H0 11.2V2.6 14M10.8 5.6H13.4 2.8V10.8 0H8.2 2.8V10.8 5.6M11.2 14L2.2 0',
    1.15,
  ],
  [
    '&',
    1.05,
    'M10.8 0L2.5 9.2C0.8 11.2 1.8 14 4.4 14H7.2 11.5C7.2 8.6 0 8 0 3.6V4.2 0C7.6 0 10 2.6 10.2 6.4',
    0.55,
  ],
  ["'", 1.55, 'M0 14L0 10.4', 1.55],
  ['(', 1.35, 'M3.4 15.6C1.2 13 0 9.6 0 6C0 2.4 1.2 -1 3.4 -3.6', 0.75],
  [')', 0.75, 'M0 15.6C2.2 13 3.4 9.6 3.4 6C3.4 2.4 2.2 -1 0 -3.6', 1.35],
  ['*', 0.95, 'M3 14.2L3 7.8M0.2 12.6L5.8 9.4M5.8 12.6L0.2 9.4', 0.95],
  ['+', 1.35, 'M0 6L8.8 6M4.4 10.4L4.4 1.6', 1.35],
  [',', 1.15, 'M0.9 0.4L0 -2.8', 1.55],
  ['-', 1.15, 'M0 5.6L4.8 5.6', 1.15],
  ['.', 1.75, 'M0 0', 1.75],
  ['/', 0.55, 'M0 -2L6 15.2', 0.55],
  [':', 1.75, 'M0 8.6M0 0', 1.75],
  [';', 1.15, 'M0.9 8.6M0.9 0.4L0 -2.8', 1.55],
  ['<', 1.35, 'M8.4 10.6L0 6L8.4 1.4', 1.35],
  ['=', 1.35, 'M0 8.2L8.8 8.2M0 3.8L8.8 3.8', 1.35],
  ['>', 1.35, 'M0 10.6L8.4 6L0 1.4', 1.35],
  ['?', 0.95, 'M0 10.9V3.8 14H7.6 10.7C7.6 7.6 3.8 7.8 3.8 4.4M3.8 0', 0.95],
  [
    '@',
    1.15,
    'M7 8.8H9.8 6V7 3.2H4.2 6V7 8.8M9.8 9L9.8 5.2V11.8 3.2H14 7V7 13.6H0 6V7 -2C8.8 -2 10.2 -1.6 11.4 -0.8',
    1.15,
  ],
  ['A', OPEN, 'M0 0L5.4 14L10.8 0M1.93 5L8.87 5', OPEN],
  ['B', UPRIGHT, 'M5.4 7.4L0 7.4L0 14L5.2 14H8.8 10.7V5.2 7.4M5.4 7.4H9.6 3.7V5.4 0L0 0L0 7.4', ROUND],
  ['C', ROUND, 'M11 10V6 14H0 7V6 0H11 4', 0.95],
  ['D', UPRIGHT, 'M0 0L0 14L4.4 14H10.8 7V4.4 0L0 0', ROUND],
  ['E', UPRIGHT, 'M8.4 14L0 14L0 0L8.6 0M0 7.4L7.6 7.4', 0.75],
  ['F', UPRIGHT, 'M8.4 14L0 14L0 0M0 7L7.4 7', 0.55],
  ['G', ROUND, 'M11 10.3V6 14H0 7V6 0H11.4 5.2L11.4 6.6L6.6 6.6', 1.45],
  ['H', UPRIGHT, 'M0 0L0 14M10.4 0L10.4 14M0 7.2L10.4 7.2', UPRIGHT],
  ['I', UPRIGHT, 'M0 0L0 14', UPRIGHT],
  ['J', 0.75, 'M6.4 14L6.4 4.2V3.2 0H0 3.4', UPRIGHT],
  ['K', UPRIGHT, 'M0 0L0 14M9.2 14L0 4.8M3.5 8.3L9.8 0', OPEN],
  ['L', UPRIGHT, 'M0 14L0 0L7.8 0', OPEN],
  ['M', UPRIGHT, 'M0 0L0 14L6.3 3L12.6 14L12.6 0', UPRIGHT],
  ['N', UPRIGHT, 'M0 0L0 14L10.4 0L10.4 14', UPRIGHT],
  ['O', ROUND, 'M6.3 14H12.6 7V6.3 0H0 7V6.3 14', ROUND],
  ['P', UPRIGHT, 'M0 0L0 14L5.2 14H9.4 10V5.2 6L0 6', 0.75],
  ['Q', ROUND, 'M6.3 14H12.6 7V6.3 0H0 7V6.3 14M8 3.6L12 -0.8', ROUND],
  ['R', UPRIGHT, 'M0 0L0 14L5.2 14H9.4 10.2V5.2 6.4L0 6.4M5.4 6.4L9.8 0', 0.75],
  ['S', 1.05, 'M9.2 10.8V4.8 14H0.4 10.5V4.9 7.2H9.8 3.6V4.9 0H0 3.3', 1.05],
  ['T', OPEN, 'M0 14L10.2 14M5.1 14L5.1 0', OPEN],
  ['U', UPRIGHT, 'M0 14L0 5V5.1 0H10.2 5L10.2 14', UPRIGHT],
  ['V', OPEN, 'M0 14L5.3 0L10.6 14', OPEN],
  ['W', OPEN, 'M0 14L4 0L8 13.4L12 0L16 14', OPEN],
  ['X', OPEN, 'M0 14L9.8 0M9.8 14L0 0', OPEN],
  ['Y', OPEN, 'M0 14L5.1 6.6L10.2 14M5.1 6.6L5.1 0', OPEN],
  ['Z', 0.85, 'M0.2 14L9.2 14L0 0L9.4 0', 0.85],
  ['[', UPRIGHT, 'M3.2 15.4L0 15.4L0 -3.4L3.2 -3.4', 0.55],
  ['\\', 0.55, 'M0 15.2L6 -2', 0.55],
  [']', 0.55, 'M0 15.4L3.2 15.4L3.2 -3.4L0 -3.4', UPRIGHT],
  ['^', 0.95, 'M0 9L3.8 14L7.6 9', 0.95],
  ['_', 0.3, 'M0 -3L9 -3', 0.3],
  ['`', 1.55, 'M0 14.4L2.2 11.8', 1.55],
  ['a', 1.05, 'M0.5 7.7V4 10H7.8 6.4L7.8 0M7.8 5.8L3.2 5.8H0 2.9V3.2 0H7.8 3.8', UPRIGHT],
  ['b', UPRIGHT, 'M0 15L0 0M0 6V4.3 10H8.4 5V4.3 0H0 4', ROUND],
  ['c', ROUND, 'M7.8 7.4V4.3 10H0 5V4.3 0H7.8 2.6', 0.75],
  ['d', ROUND, 'M8.4 15L8.4 0M8.4 6V4.1 10H0 5V4.1 0H8.4 4', UPRIGHT],
  ['e', ROUND, 'M0 5L8.4 5V4.2 10H0 5V4.2 0H8 2.4', 0.95],
  ['f', 0.55, 'M5.4 15L4.9 15H2.2 12.2L2.2 0M0 10L5 10', 0.3],
  ['g', ROUND, 'M8.4 10L8.4 0V4.2 -4H0.6 -2.2M8.4 6V4.1 10H0 5V4.1 0H8.4 4', UPRIGHT],
  ['h', UPRIGHT, 'M0 15L0 0M0 6V4.3 10H7.8 6L7.8 0', UPRIGHT],
  ['i', UPRIGHT, 'M0 10L0 0M0 14', UPRIGHT],
  ['j', 0.3, 'M2.4 10L2.4 -1.4V0 -4M2.4 14', UPRIGHT],
  ['k', UPRIGHT, 'M0 15L0 0M7.2 10L0 3.4M2.8 6L7.6 0', 0.45],
  ['l', UPRIGHT, 'M0 15L0 2.4V2 0', 0.55],
  ['m', UPRIGHT, 'M0 10L0 0M0 6.4V3.4 10H6.4 6.4L6.4 0M6.4 6.4V9.8 10H12.8 6.4L12.8 0', UPRIGHT],
  ['n', UPRIGHT, 'M0 10L0 0M0 6V4.3 10H7.8 6L7.8 0', UPRIGHT],
  ['o', ROUND, 'M4.3 10H8.6 5V4.3 0H0 5V4.3 10', ROUND],
  ['p', UPRIGHT, 'M0 10L0 -4M0 6V4.3 10H8.4 5V4.3 0H0 4', ROUND],
  ['q', ROUND, 'M8.4 10L8.4 -4M8.4 6V4.1 10H0 5V4.1 0H8.4 4', UPRIGHT],
  ['r', UPRIGHT, 'M0 10L0 0M0 6V3.8 10L4.8 10', 0.3],
  ['s', 0.85, 'M6.8 7.8V3.6 10H0.4 7.6V3.7 5.1H7.2 2.5V3.7 0H0 2.3', 0.85],
  ['t', 0.55, 'M2.4 13L2.4 2.8V5 0L5.4 0M0 10L5.2 10', 0.45],
  ['u', UPRIGHT, 'M0 10L0 4V3.5 0H7.8 4M7.8 10L7.8 0', UPRIGHT],
  ['v', OPEN, 'M0 10L4.1 0L8.2 10', OPEN],
  ['w', OPEN, 'M0 10L3.2 0L6.4 9.6L9.6 0L12.8 10', OPEN],
  ['x', OPEN, 'M0 10L7.8 0M7.8 10L0 0', OPEN],
  ['y', OPEN, 'M0 10L4.2 0M8.4 10L3.7 -1.4C3 -3.2 2.2 -4 0.6 -4', OPEN],
  ['z', 0.75, 'M0.2 10L7.2 10L0 0L7.4 0', 0.75],
  ['{', 0.55, 'M4 15.4H1.9 13L1.9 8.6V0 6H1.9 3.4L1.9 -1V4 -3.4', 0.75],
  ['|', 1.95, 'M0 15.4L0 -3.4', 1.95],
  ['}', 0.75, 'M0 15.4H2.1 13L2.1 8.6V4 6H2.1 3.4L2.1 -1V0 -3.4', 0.55],
  ['~', 1.15, 'M0 4.8C0.6 7.6 2.8 7.6 4.6 6C6.4 4.4 8.6 4.4 9.2 7.2', 1.15],
  ['α', ROUND, 'M9 10C7.8 3.4 6.4 0 4 0H0 5V4 10C6.4 10 7.8 3.4 9.2 0', 0.55],
  ['β', UPRIGHT, 'M0 -4L0 11V3.9 15H7.4 11.7V3.8 8.3H8.4 4.1V4.2 0H0 3', ROUND],
  ['γ', OPEN, 'M0 10C2.8 10 4.2 4 4.2 -4M8.6 10C7 5.4 4.2 1.4 4.2 -4', OPEN],
  ['ε', 0.85, 'M7 8.2V3.8 10H0.6 7.6V3.8 5.2H0 2.5V3.9 0H7.4 2.1', 0.75],
  ['λ', OPEN, 'M0.4 14.8C2.2 14.8 2.8 13.8 3.5 12L8.4 0M4.7 9L0 0', OPEN],
  ['μ', UPRIGHT, 'M0 10L0 -4M0 4V3.5 0H7.8 4M7.8 10L7.8 2.4V9.6 0', 0.55],
  ['σ', ROUND, 'M10 10L4.3 10H0 5V4.3 0H8.6 5V4.3 10', 0.55],
  ['−', 1.35, 'M0 6L8.8 6', 1.35],
  ['·', 1.75, 'M0 6', 1.75],
  ['×', 1.35, 'M0 10L8 2M8 10L0 2', 1.35],
  ['°', 0.95, 'M2.2 14H4.4 11.8V2.2 9.6H0 11.8V2.2 14', 0.95],
  ['…', 1.55, 'M0 0M4.6 0M9.2 0', 1.55],
  [
    '∞',
    1.15,
    'M7 5C5.6 7.4 4.6 8.2 3.2 8.2H0 5V3.2 1.8C4.6 1.8 5.6 2.6 7 5C8.4 7.4 9.4 8.2 10.8 8.2H14 5V10.8 1.8C9.4 1.8 8.4 2.6 7 5',
    1.15,
  ],
  ['±', 1.35, 'M0 7.6L8.8 7.6M4.4 11.8L4.4 3.4M0 0L8.8 0', 1.35],
  ['→', 1.15, 'M0 6L12 6M8.2 9.8L12 6L8.2 2.2', 1.15],
  ['²', 0.95, 'M0.1 11.8V2.2 14H4.4 12C4.4 10.4 2.2 9.2 0 7L4.6 7', 0.95],
  [MISSING, 1.35, 'M0 14L7.6 14L7.6 0L0 0L0 14', 1.35],
];
