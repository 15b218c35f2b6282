/** The paths that glyphs are written in, as polylines, and the places where they stand upright or level. */

export interface Outline {
  /** Points x₀, y₀, x₁, y₁ … of each stroke; one point is a dot. */
  readonly lines: readonly (readonly number[])[];
  /** x of upright strokes and of the sides of bows. */
  readonly uprights: readonly number[];
  /** y of level strokes and of the tops and bottoms of bows. */
  readonly levels: readonly number[];
  /** The largest x. */
  readonly width: number;
}

/** Pieces of a quarter of an ellipse or a Bézier curve: enough at the largest titles. */
const STEPS = 10;

/** @param path commands as `fontGlyphs` explains them */
export function tracePath(path: string): Outline {
  const lines: number[][] = [];
  const uprights = new Set<number>();
  const levels = new Set<number>();
  let line: number[] = [];
  for (const [, command, coordinates] of path.matchAll(/([A-Z])([^A-Z]*)/g)) {
    const to = coordinates.split(' ').map(Number);
    const [x, y] = to.slice(-2);
    const [x0, y0] = line.slice(-2);
    switch (command) {
      case 'M':
        line = [x, y];
        lines.push(line);
        break;
      case 'L':
        line.push(x, y);
        if (x === x0) uprights.add(x);
        if (y === y0) levels.add(y);
        break;
      case 'H':
        levels.add(y0);
        uprights.add(x);
        curve(line, (t) => [x0 + (x - x0) * Math.sin(t), y + (y0 - y) * Math.cos(t)], Math.PI / 2);
        break;
      case 'V':
        uprights.add(x0);
        levels.add(y);
        curve(line, (t) => [x + (x0 - x) * Math.cos(t), y0 + (y - y0) * Math.sin(t)], Math.PI / 2);
        break;
      case 'C':
        curve(line, (t) => [bezier(x0, to[0], to[2], x, t), bezier(y0, to[1], to[3], y, t)], 1);
        break;
      default:
        throw new Error(`pen path: there is no command '${command}' in '${path}'`);
    }
  }
  for (const [x, y] of lines.filter(({ length }) => length === 2)) {
    uprights.add(x);
    levels.add(y);
  }
  const ordered = (values: Set<number>) => [...values].sort((a, b) => a - b);
  const xs = lines.flatMap((points) => points.filter((_, i) => i % 2 === 0));
  return { lines, uprights: ordered(uprights), levels: ordered(levels), width: Math.max(0, ...xs) };
}

function curve(line: number[], at: (t: number) => [x: number, y: number], end: number): void {
  for (let step = 1; step <= STEPS; step++) line.push(...at((step / STEPS) * end));
}

function bezier(from: number, a: number, b: number, to: number, t: number): number {
  const s = 1 - t;
  return s * s * s * from + 3 * s * s * t * a + 3 * s * t * t * b + t * t * t * to;
}
