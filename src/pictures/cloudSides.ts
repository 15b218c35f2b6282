/** Clouds of points seen from three sides, without perspective, the third axis up: from the front, from the right, from above. */
import { Coverage } from '../data/strokes.js';
import { classColor, type Rgb, theme } from './color.js';
import { Image } from './image.js';

/** Pixels of a side, in which the unit sphere has a little air. */
const SIDE = 96;
const REACH = 1.08;
const RADIUS = 1.2;
/** How much of the colour the farthest points have. */
const FARTHEST = 0.25;

/** Which coordinates go right, up and towards the eye, and the sign of the last. */
interface Side {
  readonly right: number;
  readonly up: number;
  readonly near: number;
  readonly sign: 1 | -1;
}

const SIDES_OF_SPACE: readonly Side[] = [
  { right: 0, up: 2, near: 1, sign: -1 },
  { right: 1, up: 2, near: 0, sign: 1 },
  { right: 0, up: 1, near: 2, sign: 1 },
];
const SIDE_OF_PLANE: readonly Side[] = [{ right: 0, up: 1, near: 2, sign: 1 }];

/**
 * One image for each cloud; of a plane it has one side, and of more than three dimensions it shows the first three.
 *
 * @param data  [count, points, dimensions], within the unit sphere
 * @param shape [points, dimensions]
 */
export function cloudSides(
  data: ArrayLike<number>,
  [points, dimensions]: readonly [points: number, dimensions: number],
): Image[] {
  const sides = dimensions < 3 ? SIDE_OF_PLANE : SIDES_OF_SPACE;
  const size = points * dimensions;
  return Array.from({ length: data.length / size }, (_, cloud) => {
    const image = new Image(sides.length * SIDE, SIDE);
    image.fill({ left: 0, top: 0, width: image.width, height: SIDE }, theme.paper);
    const at = (point: number, axis: number) =>
      axis < dimensions ? data[cloud * size + point * dimensions + axis] : 0;
    sides.forEach((side, i) => {
      drawSide(image, i * SIDE, side, points, at);
    });
    return image;
  });
}

/** The farthest points first, so that near ones hide them. */
function drawSide(
  image: Image,
  left: number,
  { right, up, near, sign }: Side,
  points: number,
  at: (point: number, axis: number) => number,
): void {
  const nearness = Float64Array.from({ length: points }, (_, i) => sign * at(i, near));
  const order = Array.from(nearness.keys()).sort((a, b) => nearness[a] - nearness[b]);
  const color = classColor(0);
  const place = (value: number) => (SIDE / 2) * (1 + value / REACH);
  for (const point of order) {
    const x = place(at(point, right));
    const y = SIDE - place(at(point, up));
    // Models may put points anywhere; what does not lie in the picture is left out.
    if (!(x >= 0 && x < SIDE && y >= 0 && y < SIDE)) continue;
    const share = FARTHEST + (1 - FARTHEST) * Math.max(0, Math.min(1, (nearness[point] + 1) / 2));
    const [column, row] = [Math.floor(x) - 2, Math.floor(y) - 2];
    const dot = new Coverage(5, 5);
    dot.stroke([x - column, y - row], RADIUS);
    image.tint(dot, left + column, row, mixed(color, theme.paper, share));
  }
}

function mixed(a: Rgb, b: Rgb, share: number): Rgb {
  const level = (i: 0 | 1 | 2) => Math.round(share * a[i] + (1 - share) * b[i]);
  return [level(0), level(1), level(2)];
}
