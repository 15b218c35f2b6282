/** Elementwise functions of one float tensor. */
import type { Tensor } from '../tensor.js';
import { type None, type Rule, requireDType } from './rule.js';

function unary(name: string, derivative?: (x: Tensor, y: Tensor) => Tensor): Rule<None> {
  return {
    infer([x]) {
      requireDType(name, x, 'float32');
      return x;
    },
    gradient: derivative && ((y, g) => [g.mul(derivative(y.inputs[0], y))]),
  };
}

/** Also for whole numbers. */
export const neg: Rule<None> = {
  infer([x]) {
    requireDType('neg', x, 'float32', 'int32');
    return x;
  },
  gradient: (_, g) => [g.neg()],
};
export const exp = unary('exp', (_, y) => y);
export const log: Rule<None> = { ...unary('log'), gradient: (y, g) => [g.div(y.inputs[0])] };
export const log1p: Rule<None> = { ...unary('log1p'), gradient: (y, g) => [g.div(y.inputs[0].add(1))] };
export const expm1 = unary('expm1', (_, y) => y.add(1));
export const sqrt: Rule<None> = { ...unary('sqrt'), gradient: (y, g) => [g.mul(0.5).div(y)] };
export const abs = unary('abs', (x) => x.sign());
/** Piecewise constant: no gradient flows. */
export const sign = unary('sign');
/** Piecewise constant: no gradient flows. */
export const floor = unary('floor');
export const sin = unary('sin', (x) => x.cos());
export const cos = unary('cos', (x) => x.sin().neg());
export const tanh = unary('tanh', (_, y) => y.square().neg().add(1));
export const sigmoid = unary('sigmoid', (_, y) => y.sub(y.square()));
/** log(1 + eˣ), without overflow. */
export const softplus = unary('softplus', (x) => x.sigmoid());
export const erf = unary('erf', (x) =>
  x
    .square()
    .neg()
    .exp()
    .mul(2 / Math.sqrt(Math.PI)),
);
/** log Γ(x) for x > 0. */
export const lgamma = unary('lgamma', (x) => x.polygamma(0));
/** ψ⁽ⁿ⁾(x), the n-th derivative of the digamma function, for x > 0. */
export const polygamma: Rule<{ order: number }> = {
  infer([x]) {
    requireDType('polygamma', x, 'float32');
    return x;
  },
  gradient: (y, g, { order }) => [g.mul(y.inputs[0].polygamma(order + 1))],
};
