/**
 * What keeps NVAE's networks smooth (Vahdat & Kautz 2020, §3.2, arXiv:2007.03898): penalties on what its layers can
 * stretch, for all convolutions and normalisations of a build.
 */
import { leadingVector, type Scope, spectralNorm, withNorms } from '../nn/index.js';
import { constant, type Initialiser, type Tensor, type Variable } from '../tensor/index.js';

/** Kernels over height and width are what has as many axes. */
const KERNEL_RANK = 4;
/** Of the power iteration before the first step; appendix A. */
const FIRST_ITERATIONS = 40;

/** Σ s over the convolutions at or below the scope, s the largest singular value of what each convolves with; scalar. */
export function sumOfSpectralNorms(scope: Scope): Tensor {
  const byName = new Map(scope.variables.map((variable) => [variable.name, variable]));
  const norms = endingIn(scope, 'weight')
    .filter(({ rank }) => rank === KERNEL_RANK)
    .map((weight) => {
      const path = weight.name.slice(0, -'.weight'.length);
      const logNorm = byName.get(`${path}.logNorm`);
      return spectralNorm(logNorm ? withNorms(weight, logNorm) : weight, scope.child(`spectral.${path}`), {
        start: leadingOf(weight, logNorm),
      });
    });
  return total(norms);
}

/** Σ max |γ| over the normalisations at or below the scope; scalar. */
export function largestGains(scope: Scope): Tensor {
  return total(endingIn(scope, 'gain').map((gain) => gain.abs().amax()));
}

/** u of what a convolution convolves with before the first step. */
function leadingOf(weight: Variable, logNorm: Variable | undefined): Initialiser {
  return ([filters], draws) => {
    const values = Float64Array.from(weight.initialiser(weight.shape, draws.of(weight.name)));
    if (logNorm) {
      const logNorms = logNorm.initialiser(logNorm.shape, draws.of(logNorm.name));
      const squares = new Float64Array(filters);
      values.forEach((value, i) => {
        squares[i % filters] += value * value;
      });
      values.forEach((value, i) => {
        const j = i % filters;
        if (squares[j] > 0) values[i] = (value * Math.exp(logNorms[j])) / Math.sqrt(squares[j]);
      });
    }
    return leadingVector(values, filters, FIRST_ITERATIONS, draws);
  };
}

function endingIn(scope: Scope, name: string): Variable[] {
  return scope.variables.filter((variable) => variable.trainable && variable.name.endsWith(`.${name}`));
}

const total = (terms: readonly Tensor[]) => terms.reduce((sum, term) => sum.add(term), constant(0));
