/** Gauss-Legendre quadrature: nodes and weights at which Σ wᵢ f(xᵢ) is ∫₀¹ f, exact up to degree 2n − 1. */

/** Nodes and weights on [0, 1], by Newton's iteration on the roots of the Legendre polynomial of degree n. */
export function gaussLegendre(n: number): { nodes: Float64Array; weights: Float64Array } {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let iteration = 0; iteration < 10; iteration++) {
      const value = legendre(n, x);
      slope = (n * (legendre(n - 1, x) - x * value)) / (1 - x * x);
      x -= value / slope;
    }
    nodes[i] = (1 + x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

/** P_n(x), by (k+1) P_{k+1} = (2k+1) x P_k − k P_{k−1}. */
function legendre(n: number, x: number): number {
  let [before, value] = [1, x];
  if (n === 0) return before;
  for (let k = 1; k < n; k++) [before, value] = [value, ((2 * k + 1) * x * value - k * before) / (k + 1)];
  return value;
}
