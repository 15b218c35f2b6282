/**
 * The three convolutions in ONNX. Its own operators want channels first: activations are transposed around each, and
 * ONNX Runtime's optimiser cancels the pairs that meet. Where a matrix product over all samples is faster than they are,
 * it takes their place:
 *
 *   conv             few positions, where each sample's own product would be small
 *   convInputGrad    strided with many channels
 *   convFilterGrad   always: ONNX has none
 *
 * A step of one layer forward and back (batch 64, two threads, ONNX Runtime 1.30): 4×4×256 → 2×2×512 takes 9.8 ms
 * instead of 25.3, 8×8×64 → 4×4×64 1.6 instead of 3.1, 32×32×32 → 16×16×32 14.1 instead of 15.0.
 */
import { type Shape, sizeOf, type Tensor, type Window } from '../../tensor/index.js';
import type { GraphBuilder } from './builder.js';
import { type Grid, indicesOf, join, padSpace, patches, taps } from './patches.js';
import type { OnnxAttribute } from './proto.js';

/** Positions of a sample up to which its own matrix is too small to be worth multiplying by itself. */
const FEW_POSITIONS = 16;
/** Channels from which the strided input gradient is faster as one product. */
const MANY_CHANNELS = 16;
/** Patches of so many samples as fit are made at a time: they are several times as large as what they are made of. */
const PATCH_BYTES = 2 ** 25;

const axes = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const channelsFirst = (rank: number) => [0, rank - 1, ...axes(1, rank - 1)];
const channelsLast = (rank: number) => [0, ...axes(2, rank), 1];
/** [...kernel, channels, filters] to [filters, channels, ...kernel]. */
const filtersFirst = (rank: number) => [rank - 1, rank - 2, ...axes(0, rank - 2)];

function transposed(b: GraphBuilder, x: string, perm: readonly number[]): string {
  return b.node('Transpose', [x], { perm });
}

function windowAttributes({ strides, dilations, padding, groups }: Window): Record<string, OnnxAttribute> {
  const pads = [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
  return { strides, dilations, pads, group: groups };
}

const isAll = (list: Shape, value: number) => list.every((n) => n === value);

/** y = conv(x, w), plus a bias where one is given. */
export function lowerConv(node: Tensor<'conv'>, [x, w, ...bias]: readonly string[], b: GraphBuilder): string {
  const { rank, shape } = node;
  const [batch, filters] = [shape[0], shape[rank - 1]];
  const { strides, dilations, padding, groups } = node.attributes;
  const kernel = node.inputs[1].shape.slice(0, -2);
  const out = shape.slice(1, -1);
  if (groups === 1 && sizeOf(out) <= FEW_POSITIONS) {
    const channels = node.inputs[0].shape[rank - 1];
    const padded = padSpace(b, x, padding);
    const matrix = patches(b, padded, batch, channels, { kernel, strides, dilations, out });
    const weight = b.reshape(w, [sizeOf(kernel) * channels, filters]);
    return b.reshape(b.node('Gemm', [matrix, weight, ...bias]), shape);
  }
  const inputs = [transposed(b, x, channelsFirst(rank)), transposed(b, w, filtersFirst(rank)), ...bias];
  const y = b.node('Conv', inputs, { ...windowAttributes(node.attributes), kernel_shape: kernel });
  return transposed(b, y, channelsLast(rank));
}

/** x = convInputGrad(g, w), plus a bias where one is given. */
export function lowerConvInputGrad(
  node: Tensor<'convInputGrad'>,
  names: readonly string[],
  b: GraphBuilder,
): string {
  const { strides, dilations, padding, groups } = node.attributes;
  const kernel = node.inputs[1].shape.slice(0, -2);
  const mirrored = padding.map(([before, after], i) => {
    const reach = (kernel[i] - 1) * dilations[i];
    return [reach - before, reach - after] as const;
  });
  if (groups === 1 && isAll(strides, 1) && mirrored.flat().every((n) => n >= 0)) {
    return byMirroredKernel(node, names, mirrored, b);
  }
  const channels = node.shape[node.rank - 1];
  if (groups === 1 && isAll(dilations, 1) && channels >= MANY_CHANNELS) return byPhases(node, names, b);
  return byConvTranspose(node, names, b);
}

/** With steps of 1 the transpose is a convolution too, with the kernel mirrored: Conv is faster than ConvTranspose. */
function byMirroredKernel(
  node: Tensor<'convInputGrad'>,
  [g, w, ...bias]: readonly string[],
  mirrored: Window['padding'],
  b: GraphBuilder,
): string {
  const { rank } = node;
  const kernel = node.inputs[1].shape.slice(0, -2);
  const space = axes(0, kernel.length);
  const back = b.ints(kernel.map(() => -1));
  const beforeFirst = b.ints(kernel.map(() => -(2 ** 31)));
  const mirror = isAll(kernel, 1) ? w : b.node('Slice', [w, back, beforeFirst, b.ints(space), back]);
  // [...kernel, channels, filters]: channels come out, filters go in.
  const weight = transposed(b, mirror, [rank - 2, rank - 1, ...space]);
  const attributes = { ...windowAttributes({ ...node.attributes, padding: mirrored }), kernel_shape: kernel };
  const x = b.node('Conv', [transposed(b, g, channelsFirst(rank)), weight, ...bias], attributes);
  return transposed(b, x, channelsLast(rank));
}

/**
 * Positions of x that are a stride apart see the same taps. In padded coordinates, with k = a·stride + phase,
 *
 *   x[m·stride + phase] = Σ_a g[m − a] · w[a·stride + phase],
 *
 * so that all phases of a block m are one row of a product: patches of g, times the weights of all phases.
 */
function byPhases(
  node: Tensor<'convInputGrad'>,
  [g, w, ...bias]: readonly string[],
  b: GraphBuilder,
): string {
  const { inputShape, strides, padding } = node.attributes;
  const [gShape, wShape] = node.inputs.map((input) => input.shape);
  const [batch, channels, filters] = [inputShape[0], ...wShape.slice(-2)];
  const kernel = wShape.slice(0, -2);
  const rounds = kernel.map((k, i) => Math.ceil(k / strides[i]));
  const ends = padding.map(([before], i) => before + inputShape[i + 1]);
  const blocks = rounds.map((a, i) => Math.max(gShape[i + 1] + a - 1, Math.ceil(ends[i] / strides[i])));
  const space = axes(0, kernel.length);

  const around = rounds.map((a, i) => [a - 1, blocks[i] - gShape[i + 1]] as const);
  const ones = space.map(() => 1);
  const grid = { kernel: rounds, strides: ones, dilations: ones, out: blocks };
  // Slices of g move the other way than the taps of w.
  const shifted = taps(b, padSpace(b, g, around), grid).reverse();
  const rows = batch * sizeOf(blocks);
  const matrix = b.reshape(join(b, shifted, kernel.length + 1), [rows, shifted.length * filters]);

  const missing = kernel.map((k, i) => rounds[i] * strides[i] - k);
  const widths = [...space.map(() => 0), 0, 0, ...missing, 0, 0];
  const whole = isAll(missing, 0) ? w : b.node('Pad', [w, b.ints(widths), b.scalar(0)], { mode: 'constant' });
  const phases = sizeOf(strides) * channels;
  const weights = indicesOf(rounds).map((round) => {
    const from = round.map((a, i) => a * strides[i]);
    const to = from.map((start, i) => start + strides[i]);
    const part = b.node('Slice', [whole, b.ints(from), b.ints(to), b.ints(space)]);
    return b.reshape(part, [phases, filters]);
  });
  const biases = bias.map((each) => join(b, Array<string>(sizeOf(strides)).fill(each), 0));
  const product = b.node('Gemm', [matrix, join(b, weights, 1), ...biases], { transB: 1 });

  // [batch, ...blocks, ...phases, channels], block and phase of an axis brought together, and the padding cut off.
  const n = kernel.length;
  const order = [0, ...space.flatMap((i) => [1 + i, 1 + n + i]), 1 + 2 * n];
  const together = transposed(b, b.reshape(product, [batch, ...blocks, ...strides, channels]), order);
  const padded = b.reshape(together, [batch, ...blocks.map((m, i) => m * strides[i]), channels]);
  const starts = padding.map(([before]) => before);
  return b.node('Slice', [padded, b.ints(starts), b.ints(ends), b.ints(space.map((i) => i + 1))]);
}

function byConvTranspose(
  node: Tensor<'convInputGrad'>,
  [g, w, ...bias]: readonly string[],
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
  const inputs = [transposed(b, g, channelsFirst(rank)), transposed(b, w, filtersFirst(rank)), ...bias];
  const attributes = { ...windowAttributes(node.attributes), kernel_shape, output_padding };
  return transposed(b, b.node('ConvTranspose', inputs, attributes), channelsLast(rank));
}

/** Each tap's gradient is the product of the inputs that it met and the output's gradient, over all positions. */
export function lowerConvFilterGrad(
  node: Tensor<'convFilterGrad'>,
  [x, g]: readonly string[],
  b: GraphBuilder,
): string {
  const { strides, dilations, padding, groups, filterShape } = node.attributes;
  const [xShape, gShape] = node.inputs.map((input) => input.shape);
  const grid = { kernel: filterShape.slice(0, -2), strides, dilations, out: gShape.slice(1, -1) };
  const padded = padSpace(b, x, padding);
  if (groups > 1) return byGroups(node, padded, g, grid, b);
  const [batch, channels] = [xShape[0], xShape[xShape.length - 1]];
  const filters = gShape[gShape.length - 1];
  const positions = sizeOf(grid.out);
  const sampleBytes = 4 * positions * sizeOf(grid.kernel) * channels;
  const samples = Math.max(1, Math.min(batch, Math.floor(PATCH_BYTES / sampleBytes)));
  let gradient: string | undefined;
  for (let from = 0; from < batch; from += samples) {
    const count = Math.min(samples, batch - from);
    const part = (value: string) =>
      count === batch ? value : b.node('Slice', [value, b.ints([from]), b.ints([from + count]), b.ints([0])]);
    const rows = b.reshape(part(g), [count * positions, filters]);
    const matrix = patches(b, part(padded), count, channels, grid);
    gradient = b.node('Gemm', [matrix, rows, ...(gradient ? [gradient] : [])], { transA: 1 });
  }
  if (gradient === undefined) return b.node('Expand', [b.scalar(0), b.ints(filterShape)]);
  return b.reshape(gradient, filterShape);
}

function byGroups(node: Tensor<'convFilterGrad'>, x: string, g: string, grid: Grid, b: GraphBuilder): string {
  const { groups, filterShape } = node.attributes;
  const [channels, filters] = filterShape.slice(-2);
  const gShape = node.inputs[1].shape;
  const positions = sizeOf(gShape.slice(0, -1));
  const gradients = transposed(b, b.reshape(g, [positions, groups, filters / groups]), [1, 0, 2]);
  const perTap = taps(b, x, grid).map((tap) => {
    const inputs = transposed(b, b.reshape(tap, [positions, groups, channels]), [1, 2, 0]);
    const products = b.node('MatMul', [inputs, gradients]);
    return b.reshape(transposed(b, products, [1, 0, 2]), [1, channels, filters]);
  });
  return b.reshape(join(b, perTap, 0), filterShape);
}
