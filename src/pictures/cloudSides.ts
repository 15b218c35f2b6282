/**
 * Clouds of points without perspective, the third axis up: seen from three sides, which are the front, the right and above, or
 * at an angle that shows all three in one.
 */
import { Coverage } from '../data/strokes.js';
import { classColor, type Rgb, theme } from './color.js';
import { Image } from './image.js';

/** Pixels of a side, in which the unit sphere has a little air. */
const SIDE = 96;
const REACH = 1.08;
const RADIUS = 1.2;
/** How much of the colour the farthest points have. */
const FARTHEST = 0.25;

/** Directions of space that go right, up and towards the eye in a picture: unit vectors at right angles. */
interface Side {
  readonly right: Direction;
  readonly up: Direction;
  readonly near: Direction;
}
type Direction = readonly [number, number, number];

const SIDES_OF_SPACE: readonly Side[] = [
  { right: [1, 0, 0], up: [0, 0, 1], near: [0, -1, 0] },
  { right: [0, 1, 0], up: [0, 0, 1], near: [1, 0, 0] },
  { right: [1, 0, 0], up: [0, 1, 0], near: [0, 0, 1] },
];
const SIDE_OF_PLANE: readonly Side[] = [{ right: [1, 0, 0], up: [0, 1, 0], near: [0, 0, 1] }];

/** From the front, walked round to the right and raised, radians: no edge of a box that stands straight hides another. */
const [ROUND, RAISED] = [Math.PI / 5, Math.PI / 7];
const AT_AN_ANGLE: Side = {
  right: [Math.cos(ROUND), Math.sin(ROUND), 0],
  up: [-Math.sin(ROUND) * Math.sin(RAISED), Math.cos(ROUND) * Math.sin(RAISED), Math.cos(RAISED)],
  near: [Math.sin(ROUND) * Math.cos(RAISED), -Math.cos(ROUND) * Math.cos(RAISED), Math.sin(RAISED)],
};

/**
 * One image for each cloud; of a plane it has one side, and of more than three dimensions it shows the first three.
 *
 * @param data  [count, points, dimensions], within the unit sphere
 * @param shape [points, dimensions]
 */
export function cloudSides(data: ArrayLike<number>, shape: CloudShape): Image[] {
  return drawn(data, shape, shape[1] < 3 ? SIDE_OF_PLANE : SIDES_OF_SPACE);
}

/** One square image for each cloud, as `cloudSides` otherwise. */
export function cloudsAtAnAngle(data: ArrayLike<number>, shape: CloudShape): Image[] {
  return drawn(data, shape, shape[1] < 3 ? SIDE_OF_PLANE : [AT_AN_ANGLE]);
}

type CloudShape = readonly [points: number, dimensions: number];

function drawn(data: ArrayLike<number>, [points, dimensions]: CloudShape, sides: readonly Side[]): Image[] {
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
  { right, up, near }: Side,
  points: number,
  at: (point: number, axis: number) => number,
): void {
  const along = ([x, y, z]: Direction, point: number) =>
    x * at(point, 0) + y * at(point, 1) + z * at(point, 2);
  const nearness = Float64Array.from({ length: points }, (_, i) => along(near, i));
  const order = Array.from(nearness.keys()).sort((a, b) => nearness[a] - nearness[b]);
  const color = classColor(0);
  const place = (value: number) => (SIDE / 2) * (1 + value / REACH);
  for (const point of order) {
    const x = place(along(right, point));
    const y = SIDE - place(along(up, point));
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
