/**
 * The Bessel functions of the von Mises-Fisher distribution inside a graph, where nothing can loop: tables over
 * t = log κ, in between by cubic Hermite polynomials with the exact derivatives at the nodes.
 *
 *   N(t) = log C(κ) + κ       dN/dt = G
 *   G(t) = κ (1 − A(κ))       dG/dt = κ (1 − A) − κ² A′
 *
 * Both stay of the order of m: log C and κ A do not, and their difference would leave no digits of a KL in float32.
 * The interpolation is off by less than 1e-9. Beyond the last node κ₁, G = G∞ − (G∞ − G(κ₁)) κ₁/κ with G∞ = (m−1)/2,
 * the first terms of the expansion in 1/κ, and N is its integral.
 */
import { constant, type Tensor } from '../tensor/index.js';
import { besselValues, logModeDensity, logSphereArea } from './bessel.js';

/** Concentrations below this one are to be raised to it: from the uniform distribution it differs by 1e-6 nats at most. */
export const SMALLEST_CONCENTRATION = 1e-3;

const FIRST = Math.log(SMALLEST_CONCENTRATION);
const PER_UNIT = 128;
const CELLS = 19 * PER_UNIT;
const LAST = FIRST + CELLS / PER_UNIT;

/** Functions of concentrations κ ≥ SMALLEST_CONCENTRATION of any shape, elementwise. */
export interface BesselTable {
  /** log C(κ) + κ, the log-density at the mode. */
  logModeDensity(kappa: Tensor): Tensor;
  /** 1 − A(κ), with all its digits where A is near 1. */
  shortfall(kappa: Tensor): Tensor;
  /** KL(vMF(μ, κ) ‖ uniform), nats. */
  kl(kappa: Tensor): Tensor;
}

const tables = new Map<number, BesselTable>();

/** The table for the sphere of R^m; one constant of the graph for all its uses. */
export function besselTable(m: number): BesselTable {
  const known = tables.get(m);
  if (known) return known;
  const made = makeTable(m);
  tables.set(m, made);
  return made;
}

function makeTable(m: number): BesselTable {
  const nodes = Array.from({ length: CELLS + 1 }, (_, i) => {
    const kappa = Math.exp(FIRST + i / PER_UNIT);
    const { ratio, slope } = besselValues(m, kappa);
    const gap = kappa * (1 - ratio);
    return { n: logModeDensity(m, kappa), g: gap, slopeOfG: gap - kappa ** 2 * slope };
  });
  // Eight polynomial coefficients a cell, so that one lookup brings all.
  const rows = nodes.slice(1).flatMap((right, i) => {
    const left = nodes[i];
    return [
      ...hermite(left.n, right.n, left.g, right.g),
      ...hermite(left.g, right.g, left.slopeOfG, right.slopeOfG),
    ];
  });
  const coefficients = constant(Float64Array.from(rows), 'float32', [CELLS, 8]);
  const limit = (m - 1) / 2;
  const missing = limit - nodes[CELLS].g;

  const lookUp = (kappa: Tensor) => {
    const t = kappa.log();
    const position = t.sub(FIRST).mul(PER_UNIT).clip(0, CELLS);
    const cell = position
      .stopGradient()
      .floor()
      .min(CELLS - 1);
    // NaN as an index can be any number, and some engines refuse what is outside; in s it goes on to the result.
    const index = cell.cast('int32').clip(0, CELLS - 1);
    const found = coefficients.gather(index);
    const [n, g] = [0, 4].map((from) => polynomial(found, from, position.sub(cell)));
    const beyond = t.sub(LAST).max(0);
    const rest = beyond.neg().expm1().mul(missing);
    return { n: n.add(beyond.mul(limit)).add(rest), g: g.sub(rest) };
  };
  return {
    logModeDensity: (kappa) => lookUp(kappa).n,
    shortfall: (kappa) => lookUp(kappa).g.div(kappa),
    kl(kappa) {
      const { n, g } = lookUp(kappa);
      return n.sub(g).add(logSphereArea(m));
    },
  };
}

/** Coefficients in s ∈ [0, 1] of the cubic with these values and derivatives by t at a cell's ends. */
function hermite(left: number, right: number, slopeLeft: number, slopeRight: number): number[] {
  const [a, b, rise] = [slopeLeft / PER_UNIT, slopeRight / PER_UNIT, right - left];
  return [left, a, 3 * rise - 2 * a - b, a + b - 2 * rise];
}

/** Σ_k c[from + k] sᵏ, by Horner's rule; c has one axis more than s. */
function polynomial(coefficients: Tensor, from: number, s: Tensor): Tensor {
  const at = (k: number) => coefficients.sliceAlong(-1, from + k, from + k + 1).reshape(s.shape);
  return at(3).mul(s).add(at(2)).mul(s).add(at(1)).mul(s).add(at(0));
}
