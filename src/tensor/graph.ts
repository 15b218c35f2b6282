/** Walking and rewriting graphs. Nothing recurses, so an unrolled network may be as deep as it likes. */
import { ShapeError, sameShape } from './shape.js';
import { apply, type Tensor } from './tensor.js';

/**
 * All nodes of any graph that the roots depend on, each after its inputs, in an order that depends on the graph alone.
 */
export function inputsFirst<Node>(roots: Iterable<Node>, inputsOf: (node: Node) => readonly Node[]): Node[] {
  const order: Node[] = [];
  const opened = new Set<Node>();
  const stack: { readonly node: Node; readonly inputs: readonly Node[]; next: number }[] = [];
  const open = (node: Node) => {
    if (opened.has(node)) return;
    opened.add(node);
    stack.push({ node, inputs: inputsOf(node), next: 0 });
  };
  for (const root of roots) {
    open(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (top.next < top.inputs.length) open(top.inputs[top.next++]);
      else {
        stack.pop();
        order.push(top.node);
      }
    }
  }
  return order;
}

/** All tensors that the roots depend on, each after its inputs. */
export function topologicalOrder(roots: Iterable<Tensor>): Tensor[] {
  return inputsFirst(roots, ({ inputs }) => inputs);
}

/**
 * The roots with every tensor of the map replaced, throughout.
 *
 * @throws ShapeError if a replacement has another shape or type
 */
export function substitute(roots: readonly Tensor[], replacements: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  for (const [old, replacement] of replacements) {
    if (!sameShape(old.shape, replacement.shape) || old.dtype !== replacement.dtype) {
      throw new ShapeError('substitute', `${replacement} cannot stand for ${old}`);
    }
  }
  const image = new Map<Tensor, Tensor>();
  for (const node of topologicalOrder(roots)) {
    const replacement = replacements.get(node);
    if (replacement) {
      image.set(node, replacement);
      continue;
    }
    const inputs = node.inputs.map((x) => imageOf(image, x));
    const unchanged = inputs.every((x, i) => x === node.inputs[i]);
    image.set(node, unchanged ? node : apply(node.op, inputs, node.attributes));
  }
  return roots.map((root) => imageOf(image, root));
}

function imageOf(image: ReadonlyMap<Tensor, Tensor>, node: Tensor): Tensor {
  return image.get(node) ?? node;
}
