/**
 * Autoregressive flows: every number is moved and scaled as those before it say.
 *
 *   u_i = (z_i − μ_i(z_<i)) e^(−a_i(z_<i)),   log |det ∂u/∂z| = −Σ_i a_i
 *
 * μ and a come from one network of masked layers (MADE): inputs have the degrees 1 … d, hidden units degrees from 1 to
 * d − 1, and a unit sees those of its own degree and below, an output those strictly below. Units are in the order of
 * their degrees, so that what is known after i numbers is a prefix of every layer: going back from u to z takes d steps,
 * each of which computes the units of one degree, as much work in all as one pass forward.
 *
 * Sources: Germain et al. 2015 (arXiv:1502.03509); Papamakarios et al. 2017 (arXiv:1705.07057), whose sign of a is
 * meant here.
 */
import {
  type ActivationName,
  activations,
  filled,
  heUniform,
  type Network,
  onFirst,
  type Scope,
} from '../../nn/index.js';
import { concat, constant, type Tensor } from '../../tensor/index.js';
import type { FlowLayer } from './flow.js';

export interface AutoregressiveOptions {
  /** Widths of the hidden layers. */
  readonly hidden: readonly number[];
  /** @default 'relu' */
  readonly activation?: ActivationName;
}

/** Log-scales are kept within ± this, as b·tanh(a/b). */
const LARGEST_LOG_SCALE = 5;

/** z [batch, d] ↦ u, all numbers at once; back in d steps. Where its last layers are 0, as at first, it moves nothing. */
export function autoregressive({ hidden, activation = 'relu' }: AutoregressiveOptions): FlowLayer {
  return (scope) => {
    const activate = activations[activation](scope);
    const layersFor = onFirst((z) => new Layers(z.shape[1], hidden, scope, activate));
    return {
      forward(z, context) {
        const { shift, logScale } = layersFor(z).all(z, context);
        return { z: z.sub(shift).mul(logScale.neg().exp()), logDet: logScale.sum(1).neg() };
      },
      inverse: (u, context) => layersFor(u).backwards(u, context),
    };
  };
}

interface Moves {
  readonly shift: Tensor;
  readonly logScale: Tensor;
}

/** A masked layer: rows of units of the layer below, columns of its own. */
interface Masked {
  readonly weight: Tensor;
  readonly bias: Tensor;
  /** What a context adds, [batch, units]. */
  context(context: Tensor | undefined): Tensor | undefined;
}

class Layers {
  /** Degrees of the inputs and of each hidden layer's units, ascending. */
  readonly #degrees: readonly (readonly number[])[];
  readonly #hidden: readonly Masked[];
  readonly #shift: Masked;
  readonly #logScale: Masked;

  constructor(
    readonly size: number,
    hidden: readonly number[],
    scope: Scope,
    readonly activate: Network,
  ) {
    const inputs = Array.from({ length: size }, (_, i) => i + 1);
    // One number depends on nothing before it, so there is nothing for hidden units to see.
    const widths = size > 1 ? hidden : [];
    this.#degrees = [inputs, ...widths.map((width) => hiddenDegrees(width, size))];
    this.#hidden = widths.map((_, l) =>
      maskedLayer(
        scope.child(String(l)),
        this.#degrees[l],
        this.#degrees[l + 1],
        (own, below) => own >= below,
      ),
    );
    const last = this.#degrees[widths.length];
    const output = (name: string) =>
      maskedLayer(scope.child(name), last, inputs, (own, below) => own > below, { isZero: true });
    this.#shift = output('shift');
    this.#logScale = output('logScale');
  }

  /** μ and a of every number, each given those before it. */
  all(z: Tensor, context: Tensor | undefined): Moves {
    const features = this.#hidden.reduce(
      (x, layer) => this.activate(added(x.matmul(layer.weight).add(layer.bias), layer.context(context))),
      z,
    );
    const of = (layer: Masked) =>
      added(features.matmul(layer.weight).add(layer.bias), layer.context(context));
    return { shift: of(this.#shift), logScale: bounded(of(this.#logScale)) };
  }

  /** z with (z − μ(z)) e^(−a(z)) = u, number by number. */
  backwards(u: Tensor, context: Tensor | undefined): Tensor {
    const contexts = new Map(
      [...this.#hidden, this.#shift, this.#logScale].map((layer) => [layer, layer.context(context)]),
    );
    const last = this.#hidden.length;
    // Of each layer, the units whose degree has been reached.
    const known: (Tensor | undefined)[] = this.#degrees.map(() => undefined);
    const part = (layer: Masked, below: Tensor | undefined, start: number, end: number) => {
      const bias = layer.bias.sliceAlong(0, start, end);
      const own = below
        ? below
            .matmul(
              layer.weight.slice([
                [0, below.shape[1]],
                [start, end],
              ]),
            )
            .add(bias)
        : bias;
      return added(own, contexts.get(layer)?.sliceAlong(1, start, end));
    };
    for (let i = 0; i < this.size; i++) {
      const shift = part(this.#shift, known[last], i, i + 1);
      const logScale = bounded(part(this.#logScale, known[last], i, i + 1));
      const z = u
        .sliceAlong(1, i, i + 1)
        .mul(logScale.exp())
        .add(shift);
      known[0] = joined(known[0], z);
      for (let l = 1; l <= last; l++) {
        const [start, end] = [i, i + 1].map((degree) => reached(this.#degrees[l], degree));
        if (end > start)
          known[l] = joined(known[l], this.activate(part(this.#hidden[l - 1], known[l - 1], start, end)));
      }
    }
    return known[0] ?? u;
  }
}

/** How many of some units, in the order of their degrees, have a degree up to this. */
const reached = (degrees: readonly number[], degree: number) => degrees.filter((own) => own <= degree).length;

const added = (x: Tensor, more: Tensor | undefined) => (more ? x.add(more) : x);
const joined = (known: Tensor | undefined, more: Tensor) => (known ? concat([known, more]) : more);
const bounded = (raw: Tensor) =>
  raw
    .mul(1 / LARGEST_LOG_SCALE)
    .tanh()
    .mul(LARGEST_LOG_SCALE);

/** Degrees 1 … size − 1, as evenly as the width allows. */
function hiddenDegrees(width: number, size: number): number[] {
  return Array.from({ length: width }, (_, k) => 1 + Math.floor((k * (size - 1)) / width));
}

function maskedLayer(
  scope: Scope,
  below: readonly number[],
  own: readonly number[],
  sees: (own: number, below: number) => boolean,
  { isZero = false } = {},
): Masked {
  const values = below.flatMap((degree) => own.map((each) => Number(sees(each, degree))));
  const mask = constant(values, 'float32', [below.length, own.length]);
  const start = isZero ? filled(0) : heUniform;
  const weight = scope.variable('weight', [below.length, own.length], start).mul(mask);
  const bias = scope.variable('bias', [own.length], filled(0));
  // Outputs need it as much as hidden units: the first one sees none of these.
  const ofContext = onFirst((context: Tensor) =>
    scope.variable('context', [context.shape[1], own.length], filled(0)),
  );
  return { weight, bias, context: (context) => context?.matmul(ofContext(context)) };
}
