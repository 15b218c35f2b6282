/**
 * The three convolutions in ONNX, which wants channels first: activations are transposed around each, and ONNX
 * Runtime's optimiser cancels the pairs that meet.
 */
import { type Shape, sizeOf, type Tensor, type Window } from '../../tensor/index.js';
import type { GraphBuilder } from './builder.js';
import type { OnnxAttribute } from './proto.js';

const channelsFirst = (rank: number) => [0, rank - 1, ...axes(1, rank - 1)];
const channelsLast = (rank: number) => [0, ...axes(2, rank), 1];
/** [...kernel, channels, filters] to [filters, channels, ...kernel]. */
const filtersFirst = (rank: number) => [rank - 1, rank - 2, ...axes(0, rank - 2)];
const axes = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function transposed(b: GraphBuilder, x: string, perm: readonly number[]): string {
  return b.node('Transpose', [x], { perm });
}

function windowAttributes({ strides, dilations, padding, groups }: Window): Record<string, OnnxAttribute> {
  const pads = [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
  return { strides, dilations, pads, group: groups };
}

export function lowerConv(node: Tensor<'conv'>, [x, w]: readonly string[], b: GraphBuilder): string {
  const { rank } = node;
  const inputs = [transposed(b, x, channelsFirst(rank)), transposed(b, w, filtersFirst(rank))];
  const kernel_shape = node.inputs[1].shape.slice(0, -2);
  const y = b.node('Conv', inputs, { ...windowAttributes(node.attributes), kernel_shape });
  return transposed(b, y, channelsLast(rank));
}

export function lowerConvInputGrad(
  node: Tensor<'convInputGrad'>,
  [g, w]: readonly string[],
  b: GraphBuilder,
): string {
  const { rank } = node;
  const { strides, dilations, padding, inputShape } = node.attributes;
  const kernel_shape = node.inputs[1].shape.slice(0, -2);
  // Input positions that no window reaches at the far end still belong to the result.
  const output_padding = kernel_shape.map((k, i) => {
    const covered = (node.inputs[0].shape[i + 1] - 1) * strides[i] + (k - 1) * dilations[i] + 1;
    return inputShape[i + 1] + padding[i][0] + padding[i][1] - covered;
  });
  const inputs = [transposed(b, g, channelsFirst(rank)), transposed(b, w, filtersFirst(rank))];
  const attributes = { ...windowAttributes(node.attributes), kernel_shape, output_padding };
  return transposed(b, b.node('ConvTranspose', inputs, attributes), channelsLast(rank));
}

/**
 * ONNX has no filter gradient. Each kernel tap's is a matrix product between the inputs that the tap met and the
 * output's gradient, over all positions of all samples; the taps' inputs are strided slices of the padded input.
 */
export function lowerConvFilterGrad(
  node: Tensor<'convFilterGrad'>,
  [x, g]: readonly string[],
  b: GraphBuilder,
): string {
  const { strides, dilations, padding, groups, filterShape } = node.attributes;
  const [xShape, gShape] = node.inputs.map((input) => input.shape);
  const kernel = filterShape.slice(0, -2);
  const [channels, filters] = filterShape.slice(-2);
  const positions = sizeOf(gShape.slice(0, -1));
  const spatial = axes(1, gShape.length - 1);
  const pads = [0, ...padding.map(([before]) => before), 0, 0, ...padding.map(([, after]) => after), 0];
  const padded = pads.some((n) => n > 0)
    ? b.node('Pad', [x, b.ints(pads), b.scalar(0)], { mode: 'constant' })
    : x;
  const taps = indicesOf(kernel).map((tap) => {
    const starts = tap.map((k, i) => k * dilations[i]);
    const ends = starts.map((start, i) => start + (gShape[i + 1] - 1) * strides[i] + 1);
    return b.node('Slice', [padded, b.ints(starts), b.ints(ends), b.ints(spatial), b.ints(strides)]);
  });
  const rows = (value: string, shape: Shape) => b.node('Reshape', [value, b.ints(shape)]);
  const total = xShape[xShape.length - 1];
  if (groups === 1) {
    // All taps beside each other make one product with a long result instead of many short ones.
    const beside = taps.length === 1 ? taps[0] : b.node('Concat', taps, { axis: gShape.length - 1 });
    const inputs = [rows(beside, [positions, taps.length * total]), rows(g, [positions, filters])];
    return rows(b.node('Gemm', inputs, { transA: 1 }), filterShape);
  }
  const gradients = transposed(b, rows(g, [positions, groups, filters / groups]), [1, 0, 2]);
  const perTap = taps.map((tap) => {
    const inputs = transposed(b, rows(tap, [positions, groups, channels]), [1, 2, 0]);
    const products = b.node('MatMul', [inputs, gradients]);
    return rows(transposed(b, products, [1, 0, 2]), [1, channels, filters]);
  });
  return rows(perTap.length === 1 ? perTap[0] : b.node('Concat', perTap, { axis: 0 }), filterShape);
}

function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, length) => all.flatMap((index) => axes(0, length).map((i) => [...index, i])),
    [[]],
  );
}
