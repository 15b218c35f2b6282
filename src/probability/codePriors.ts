/**
 * Distributions that codes are to be matched with, of which only draws are needed. Each is made of one standard normal
 * draw of the codes' shape, so that an exported sampler takes the same noise whatever the prior:
 *
 *   normal     N(0, I)
 *   ring       uniform between the circles of radius ½ and 1
 *   disk       uniform in the unit circle
 *   square     uniform in [−1, 1]^d
 *   mixture    ten normal petals round the origin, deviation ½ along the radius and 1/10 across, centres at radius 1.4
 *   swissRoll  two turns of a spiral: radius 3√u + N(0, 0.05²) at the angle 4π√u, u uniform
 *
 * Source: the shapes of Kolouri et al., arXiv:1804.01947, and of Makhzani et al., arXiv:1511.05644, §2.3, which
 * gives no numbers; these are ours.
 */
import { concat, randomNormal, type Shape, ShapeError, show, type Tensor, zeros } from '../tensor/index.js';
import type { DrawOptions } from './distribution.js';
import { DiagonalNormal } from './normal.js';
import { uniformNoise } from './uniformIndices.js';

/** A distribution of codes; `logProb` only where the density is of use. */
export interface SampledPrior {
  readonly mean: Tensor;
  /** A draw through which no gradient flows, [count, d]; with `draws`, that many along a leading axis. */
  sample(options?: DrawOptions): Tensor;
  /** log p(z), nats, [...batch]. */
  logProb?(z: Tensor): Tensor;
}

export const codePriorNames = ['normal', 'ring', 'disk', 'square', 'mixture', 'swissRoll'] as const;
export type CodePriorName = (typeof codePriorNames)[number];

export interface CodePriorOptions {
  /** Petals of the mixture, and parts of the spiral that a class can have. @default 10 */
  parts?: number;
  /**
   * The part that each code is drawn from, int32 [count], or −1 for any: p(z|y) of a mixture or spiral.
   *
   * @default any part
   */
  labels?: Tensor;
}

interface Shaped {
  /** The only length of a code that it can have. */
  readonly length?: number;
  /** Codes [..., d] made of standard normal numbers of the same shape. */
  from(g: Tensor, parts: number, labels?: Tensor): Tensor;
  /** Mean of each class's part, [count, d]. @default 0 */
  partMean?(parts: number, labels: Tensor): Tensor;
  /** Mean of the whole. @default 0 */
  mean?(shape: Shape): Tensor;
}

const INNER_RADIUS = 0.5;
const PETAL = { along: 0.5, across: 0.1, centre: 1.4 };
const SPIRAL = { radius: 3, thickness: 0.05 };

const shapes: Record<Exclude<CodePriorName, 'normal'>, Shaped> = {
  ring: { length: 2, from: (g) => annulus(g, INNER_RADIUS) },
  disk: { length: 2, from: (g) => annulus(g, 0) },
  square: { from: (g) => uniformNoise(g).mul(2).sub(1) },
  mixture: { length: 2, from: petals, partMean: petalMean },
  swissRoll: {
    length: 2,
    from: spiral,
    partMean: spiralMean,
    mean: (shape) => spiralMean(1, zeros([1], 'int32')).broadcastTo(shape),
  },
};

/** Whether classes can have parts of their own in this prior. */
export function hasParts(kind: CodePriorName): boolean {
  return kind !== 'normal' && shapes[kind].partMean !== undefined;
}

/** The length that codes must have for a prior that lies in a plane. */
export function lengthOf(kind: CodePriorName): number | undefined {
  return kind === 'normal' ? undefined : shapes[kind].length;
}

/**
 * @param shape [count, d]
 * @throws ShapeError if the prior lies in a plane and d is not 2
 */
export function codePrior(kind: CodePriorName, shape: Shape, options: CodePriorOptions = {}): SampledPrior {
  if (kind === 'normal') return DiagonalNormal.standard(shape);
  const { parts = 10, labels } = options;
  const { length, partMean, mean } = shapes[kind];
  if (shape.length !== 2 || shape[1] !== (length ?? shape[1])) {
    throw new ShapeError('codePrior', `${kind} is over codes [count, ${length ?? 'd'}]; got ${show(shape)}`);
  }
  const whole = mean?.(shape) ?? zeros(shape);
  const ofPart = labels && partMean?.(parts, labels.max(0));
  return {
    mean: labels && ofPart ? isKnown(labels).where(ofPart, whole) : whole,
    sample: ({ stream = 'prior', draws } = {}) =>
      codesFrom(kind, randomNormal(stream, draws === undefined ? shape : [draws, ...shape]), options),
  };
}

/** The draw of a prior that is made of standard normal numbers [..., count, d], through which no gradient flows. */
export function codesFrom(
  kind: CodePriorName,
  g: Tensor,
  { parts = 10, labels }: CodePriorOptions = {},
): Tensor {
  if (kind === 'normal') return g.stopGradient();
  const { from } = shapes[kind];
  const any = from(g, parts);
  return (labels ? isKnown(labels).where(from(g, parts, labels.max(0)), any) : any).stopGradient();
}

/** [count, 1] */
const isKnown = (labels: Tensor) => labels.greaterEqual(0).expandDims(1);

/** Nothing is drawn closer to the origin than this, where a direction would be lost. */
const SMALLEST = 2 ** -24;

/**
 * Uniform between two circles. The direction of a normal vector in the plane is uniform, and independent of it
 * 1 − exp(−‖g‖²/2) is too; the area within a radius grows with its square.
 */
function annulus(g: Tensor, inner: number): Tensor {
  const square = g.square().sum(-1, { keepDims: true }).max(SMALLEST);
  const u = square.mul(-0.5).expm1().neg();
  const radius = u
    .mul(1 - inner ** 2)
    .add(inner ** 2)
    .sqrt();
  return g.div(square.sqrt()).mul(radius);
}

/** A draw from N(centre, along², across²) turned by the angle of its petal. */
function petals(g: Tensor, parts: number, labels?: Tensor): Tensor {
  const [first, second] = columns(g);
  const place = uniformNoise(first).mul(parts);
  const petal = labels ? numbers(labels) : place.floor().min(parts - 1);
  // Without a class, the first number names the petal; what is left of it is uniform again and gives, with the other
  // one, two normal numbers: Box & Muller 1958.
  const length = place.sub(petal).clip(SMALLEST, 1).log().mul(-2).sqrt();
  const [a, b] = labels ? [first, second] : turned(length, uniformNoise(second).mul(2 * Math.PI));
  const [along, across] = [a.mul(PETAL.along).add(PETAL.centre), b.mul(PETAL.across)];
  const angle = petal.mul((2 * Math.PI) / parts);
  const [cos, sin] = [angle.cos(), angle.sin()];
  return concat([along.mul(cos).sub(across.mul(sin)), along.mul(sin).add(across.mul(cos))]);
}

function petalMean(parts: number, labels: Tensor): Tensor {
  const angle = numbers(labels).mul((2 * Math.PI) / parts);
  return concat([angle.cos(), angle.sin()]).mul(PETAL.centre);
}

function spiral(g: Tensor, parts: number, labels?: Tensor): Tensor {
  const [first, second] = columns(g);
  const u = uniformNoise(first);
  const root = (labels ? u.add(numbers(labels)).mul(1 / parts) : u).sqrt();
  const radius = root.mul(SPIRAL.radius).add(second.mul(SPIRAL.thickness));
  return concat(turned(radius, root.mul(4 * Math.PI)));
}

/**
 * With t = √u the spiral is at 3t e^(iωt), ω = 4π, and a class has the t between √(y/K) and √((y+1)/K) with density 2Kt:
 * 6K ∫ t² e^(iωt) dt between them, by parts.
 */
function spiralMean(parts: number, labels: Tensor): Tensor {
  const y = numbers(labels);
  const omega = 4 * Math.PI;
  const integral = (t: Tensor) => {
    const [cos, sin] = [t.mul(omega).cos(), t.mul(omega).sin()];
    const [squares, twice] = [t.square().mul(1 / omega), t.mul(2 / omega ** 2)];
    const last = 2 / omega ** 3;
    return concat([
      squares.mul(sin).add(twice.mul(cos)).sub(sin.mul(last)),
      twice.mul(sin).sub(squares.mul(cos)).add(cos.mul(last)),
    ]);
  };
  const at = (part: Tensor) => integral(part.mul(1 / parts).sqrt());
  return at(y.add(1))
    .sub(at(y))
    .mul(2 * SPIRAL.radius * parts);
}

/** A point by its radius and its angle. */
function turned(radius: Tensor, angle: Tensor): [Tensor, Tensor] {
  return [radius.mul(angle.cos()), radius.mul(angle.sin())];
}

/** The two coordinates of points in the plane, [..., 1] each. */
function columns(g: Tensor): [Tensor, Tensor] {
  const axis = g.rank - 1;
  return [g.sliceAlong(axis, 0, 1), g.sliceAlong(axis, 1, 2)];
}

/** Classes [count] as numbers beside codes, [count, 1]. */
function numbers(labels: Tensor): Tensor {
  return labels.cast('float32').expandDims(1);
}
