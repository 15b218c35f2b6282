/**
 * What an instruction costs: floating-point operations of products and convolutions, multiply and add counted apart, padding
 * counted, elementwise work not (the convention of the usual counters); and bytes that go to and from memory, each
 * element that is touched once.
 */
import { bytesPerElement, sizeOf } from '../../tensor/index.js';
import type { Elementwise, Instruction, Plan } from './plan.js';

export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

export function costOf(instruction: Instruction, plan: Plan): Cost {
  return { flops: flopsOf(instruction), bytes: bytesOf(instruction, plan) };
}

export function costOfPlan(plan: Plan): Cost {
  const total = { flops: 0, bytes: 0 };
  for (const instruction of plan.instructions) {
    const { flops, bytes } = costOf(instruction, plan);
    total.flops += flops;
    total.bytes += bytes;
  }
  return total;
}

function flopsOf(instruction: Instruction): number {
  if (instruction.kind === 'matmul') {
    const { batch, m, n, k } = instruction;
    return 2 * batch * m * n * k;
  }
  if (!('geometry' in instruction)) return 0;
  const { batch, channels, filters, groups, kernel, out } = instruction.geometry;
  return 2 * batch * sizeOf(out) * filters * sizeOf(kernel) * (channels / groups);
}

/** Elements that a walk touches: an axis of stride 0 stays where it is. */
const touched = (shape: readonly number[], strides: readonly number[]) =>
  shape.reduce((size, length, axis) => (strides[axis] === 0 ? size : size * length), 1);

function bytesOf(instruction: Instruction, { buffers }: Plan): number {
  const bytes = (buffer: number, elements: number) => elements * bytesPerElement(buffers[buffer].dtype);
  const whole = (buffer: number) => bytes(buffer, buffers[buffer].size);
  const loop = ({ shape, loads, stores, reductions }: Elementwise, ready?: number) => {
    let sum = 0;
    for (const { buffer, strides } of loads)
      if (buffer !== ready) sum += bytes(buffer, touched(shape, strides));
    for (const { buffer, strides } of stores) sum += bytes(buffer, touched(shape, strides));
    for (const { buffer } of reductions) sum += whole(buffer);
    return sum;
  };
  const then = (result: number) =>
    'then' in instruction && instruction.then
      ? loop(instruction.then, result) + (isOverwritten(instruction.then, result) ? 0 : whole(result))
      : whole(result);
  const isOverwritten = ({ stores }: Elementwise, result: number) => {
    const key = JSON.stringify(buffers[result].place);
    return stores.some(({ buffer }) => JSON.stringify(buffers[buffer].place) === key);
  };
  switch (instruction.kind) {
    case 'elementwise':
      return loop(instruction);
    case 'matmul': {
      const { batch, m, n, k, a, b, c } = instruction;
      const left = touched([batch, m, k], [a.batchStride, a.rowStride, a.columnStride]);
      const right = touched([batch, k, n], [b.batchStride, b.rowStride, b.columnStride]);
      return bytes(a.buffer, left) + bytes(b.buffer, right) + then(c);
    }
    case 'conv':
    case 'convInputGrad':
    case 'convFilterGrad': {
      const { left, right, result, first } = instruction;
      const made = first?.stores[0].buffer;
      const operand = (buffer: number) =>
        first && buffer === made ? loop({ ...first, stores: [] }) : whole(buffer);
      return operand(left) + operand(right) + then(result);
    }
    case 'reduce': {
      const { kept, reduced, x, result } = instruction;
      return bytes(x.buffer, touched([...kept, ...reduced], x.strides)) + whole(result);
    }
    case 'gather':
      return 2 * whole(instruction.result) + whole(instruction.indices);
    case 'scatterAdd':
      return whole(instruction.x) + whole(instruction.indices) + 2 * whole(instruction.result);
    case 'cumsum':
    case 'argMax':
    case 'topK':
    case 'assignment':
      return whole(instruction.x) + whole(instruction.result);
    case 'random':
      return whole(instruction.result);
    case 'guard':
      return 1;
  }
}
