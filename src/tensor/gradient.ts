/**
 * Reverse-mode differentiation. Gradients are built out of the same primitives as the graph, so they can be
 * differentiated again.
 */

import { stack, zeros } from './functions.js';
import { topologicalOrder } from './graph.js';
import { type AttributesOf, type OpName, rules } from './ops/index.js';
import { type Rule, requireDType } from './ops/rule.js';
import { ShapeError, sameShape, show } from './shape.js';
import { constant, type Tensor } from './tensor.js';

/**
 * Vector-Jacobian products: for each of `inputs`, Σ_k cotangent_kᵀ ∂output_k/∂input, of the input's shape; zero
 * where no output depends on it.
 *
 * @throws ShapeError if a cotangent's shape is not its output's, or a tensor does not hold float32
 */
export function vjp(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  cotangents: readonly Tensor[],
): Tensor[] {
  if (cotangents.length !== outputs.length) {
    throw new ShapeError('vjp', `${cotangents.length} cotangents for ${outputs.length} outputs`);
  }
  for (const x of [...outputs, ...inputs, ...cotangents]) requireDType('vjp', x, 'float32');
  const order = topologicalOrder(outputs);
  const needed = dependents(order, inputs);
  const collected = new Map<Tensor, Tensor>();
  const collect = (node: Tensor, cotangent: Tensor) => {
    const earlier = collected.get(node);
    collected.set(node, earlier ? earlier.add(cotangent) : cotangent);
  };
  outputs.forEach((output, k) => {
    const cotangent = cotangents[k];
    if (!sameShape(cotangent.shape, output.shape)) {
      throw new ShapeError(
        'vjp',
        `cotangent ${show(cotangent.shape)} for an output of shape ${show(output.shape)}`,
      );
    }
    collect(output, cotangent);
  });
  for (const node of order.reverse()) {
    const cotangent = collected.get(node);
    if (!cotangent || !node.inputs.some((x) => needed.has(x))) continue;
    const partials = gradientsOf(node, cotangent);
    node.inputs.forEach((x, i) => {
      const partial = partials[i];
      if (partial && needed.has(x)) collect(x, partial);
    });
  }
  return inputs.map((x) => collected.get(x) ?? zeros(x.shape));
}

// Only paths from a requested input to an output carry a cotangent.
function dependents(order: readonly Tensor[], inputs: readonly Tensor[]): Set<Tensor> {
  const needed = new Set(inputs);
  for (const node of order) if (node.inputs.some((x) => needed.has(x))) needed.add(node);
  return needed;
}

function gradientsOf<K extends OpName>(node: Tensor<K>, cotangent: Tensor): readonly (Tensor | undefined)[] {
  const rule = rules[node.op] as unknown as Rule<AttributesOf<K>>;
  return rule.gradient?.(node as unknown as Tensor, cotangent, node.attributes) ?? [];
}

/**
 * ∂loss/∂x for each x, of x's shape.
 *
 * @param loss scalar
 * @throws ShapeError if the loss is not a scalar, or a tensor does not hold float32
 */
export function grad(loss: Tensor, inputs: readonly Tensor[]): Tensor[] {
  if (loss.rank !== 0) {
    throw new ShapeError(
      'grad',
      `a loss is a scalar but this one has shape ${show(loss.shape)}; sum it or take its mean`,
    );
  }
  return vjp([loss], inputs, [constant(1)]);
}

/** ∂output/∂input, of shape [...output, ...input], one backward pass per output element. */
export function jacobian(output: Tensor, input: Tensor): Tensor {
  const flat = output.reshape([output.size]);
  const rows = Array.from({ length: output.size }, (_, i) => {
    return vjp([flat.sliceAlong(0, i, i + 1)], [input], [constant([1])])[0];
  });
  return stack(rows).reshape([...output.shape, ...input.shape]);
}

/**
 * Jacobians of a function applied to every sample by itself, output [batch, n] and input [batch, ...event]:
 * [batch, n, ...event], one backward pass per output column.
 */
export function batchJacobian(output: Tensor, input: Tensor): Tensor {
  if (output.rank !== 2 || output.shape[0] !== input.shape[0]) {
    throw new ShapeError(
      'batchJacobian',
      `output ${show(output.shape)} and input ${show(input.shape)}; wanted [batch, n] and [batch, ...]`,
    );
  }
  const columns = Array.from(
    { length: output.shape[1] },
    (_, i) => grad(output.sliceAlong(1, i, i + 1).sum(), [input])[0],
  );
  return stack(columns, 1);
}
