/**
 * Floating-point operations of a program's matrix products and convolutions, multiply and add counted apart. Padding
 * counts, elementwise work does not: the convention of the usual FLOP counters.
 */
import { type Program, sizeOf, type Tensor } from '../../tensor/index.js';

export function countFlops(program: Program): number {
  return program.nodes.reduce((sum, node) => sum + flopsOf(node), 0);
}

function flopsOf(node: Tensor): number {
  if (node.is('matmul')) return 2 * node.size * node.inputs[0].shape[node.inputs[0].rank - 1];
  // ⟨conv(x, w), g⟩ has one product for each output value, kernel tap and channel of its group, in all three forms.
  const perOutput = (filter: readonly number[]) => sizeOf(filter.slice(0, -1));
  if (node.is('conv')) return 2 * node.size * perOutput(node.inputs[1].shape);
  if (node.is('convInputGrad')) return 2 * node.inputs[0].size * perOutput(node.inputs[1].shape);
  if (node.is('convFilterGrad')) return 2 * node.inputs[1].size * perOutput(node.shape);
  return 0;
}
