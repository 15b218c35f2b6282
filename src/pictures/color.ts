/**
 * Colours that mean something: the theme of all pictures, classes told apart, values in order.
 *
 * Perceived lightness and hue are those of OKLab (Ottosson 2020, "A perceptual color space for image processing",
 * https://bottosson.github.io/posts/oklab/).
 */

/** Red, green and blue as stored in pictures, whole numbers from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** OKLab lightness in [0, 1], green to red, blue to yellow. */
export type Lab = readonly [lightness: number, a: number, b: number];

export const theme = {
  paper: [255, 255, 255],
  ink: [34, 38, 46],
  /** Text that steps back: ticks, captions. */
  muted: [104, 110, 122],
  grid: [228, 230, 235],
  /** What cannot be shown, such as a pixel that is not a number. */
  missing: [255, 0, 160],
} as const satisfies Record<string, Rgb>;

/** A part of the theme, which a page may show otherwise in the dark, or a colour that stays as it is. */
export type Paint = keyof typeof theme | Rgb;

export function rgbOf(paint: Paint): Rgb {
  return typeof paint === 'string' ? theme[paint] : paint;
}

export function hexOf(paint: Paint): string {
  return `#${rgbOf(paint)
    .map((level) => level.toString(16).padStart(2, '0'))
    .join('')}`;
}

// Found by a search that kept the hues apart by name and made the smallest distance between any two as large as it
// gets for people who see all colours and for those who lack one of the three receptors.
const CLASSES: readonly Rgb[] = [
  [0x33, 0x68, 0xc6], // blue
  [0xe9, 0x72, 0x09], // orange
  [0x61, 0xa6, 0x75], // green
  [0xc3, 0x2a, 0x29], // red
  [0x69, 0x3b, 0x82], // purple
  [0x3c, 0xc0, 0xf4], // sky
  [0xfd, 0x81, 0xb9], // pink
  [0x67, 0x2b, 0x0a], // brown
  [0xae, 0xc7, 0x60], // lime
  [0x69, 0x69, 0x70], // grey
];

/** Colour of class or series `index`: ten that colour-blind people tell apart, then the same lighter, then darker. */
export function classColor(index: number): Rgb {
  const [lightness, a, b] = toLab(CLASSES[index % CLASSES.length]);
  const round = Math.floor(index / CLASSES.length) % 3;
  if (round === 0) return CLASSES[index % CLASSES.length];
  const target = round === 1 ? 0.88 : 0.3;
  return toRgb([(lightness + 2 * target) / 3, a * 0.8, b * 0.8]);
}

/**
 * Colour of a value in [0, 1], from dark violet over blue and green to yellow: lightness grows evenly, so order shows
 * even without hue. Values outside are shown as the nearest inside; NaN as missing.
 */
export function valueColor(value: number): Rgb {
  if (Number.isNaN(value)) return theme.missing;
  const t = Math.max(0, Math.min(1, value));
  const hue = ((300 - 195 * t) * Math.PI) / 180;
  const chroma = 0.13 + 0.06 * (2 * t - 1) ** 2;
  return toRgb([0.28 + 0.6 * t, chroma * Math.cos(hue), chroma * Math.sin(hue)]);
}

export function toLab([red, green, blue]: Rgb): Lab {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** The nearest colour of the same lightness and hue that screens can show: less colourful where need be. */
export function toRgb([lightness, a, b]: Lab): Rgb {
  for (let chroma = 1; chroma > 0; chroma -= 0.02) {
    const levels = linearRgb([lightness, a * chroma, b * chroma]);
    if (levels.every((level) => level >= -1e-4 && level <= 1 + 1e-4)) return encode(levels);
  }
  return encode(linearRgb([lightness, 0, 0]));
}

function linearRgb([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** sRGB's transfer function, IEC 61966-2-1. */
function linear(level: number): number {
  const share = level / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function encode([red, green, blue]: Rgb): Rgb {
  const level = (linearLevel: number) => {
    const light = Math.max(0, Math.min(1, linearLevel));
    const share = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
    return Math.round(255 * share);
  };
  return [level(red), level(green), level(blue)];
}
