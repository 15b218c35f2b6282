/**
 * Plans as the words that the compiled engine reads; `native/src/decode.cpp` is the way back. Everything is a 32-bit
 * number:
 *
 *   header, then lists (their length first) of variables, inputs, outputs, buffers and instructions
 *
 * An instruction is its kind, the number of words that follow, and those. Registers become slots here (slots.ts).
 */
import { type DType, sizeOf } from '../../tensor/index.js';
import {
  CODE_OPS,
  type Elementwise,
  type Geometry,
  type Instruction,
  type Matrix,
  type Plan,
  type Port,
  type ReduceOp,
  type Strided,
} from './plan.js';
import { assignSlots } from './slots.js';

export const MAGIC = 0x56414b31;

const DTYPES: readonly DType[] = ['float32', 'int32', 'uint8', 'bool'];
const PLACES = ['arena', 'constant', 'variable', 'input', 'output', 'nowhere'] as const;
const REDUCE_OPS: readonly ReduceOp[] = ['sum', 'max'];
const KEEPS = ['rows', 'columns', 'nothing'] as const;
const CONVOLUTIONS = ['conv', 'convInputGrad', 'convFilterGrad'] as const;
const DISTRIBUTIONS = ['normal', 'uniform'] as const;
const KINDS = [
  'elementwise',
  'matmul',
  'convolution',
  'reduce',
  'gather',
  'scatterAdd',
  'cumsum',
  'argMax',
  'topK',
  'random',
  'guard',
  'assignment',
] as const;

export function encodePlan(plan: Plan): Int32Array {
  const ports = (list: readonly Port[]) => [
    list.length,
    ...list.flatMap(({ dtype, size }) => [DTYPES.indexOf(dtype), size]),
  ];
  const words = [
    MAGIC,
    plan.arenaLines,
    plan.constants.length,
    ...ports(plan.variables),
    ...ports(plan.inputs),
    ...ports(plan.outputs),
    plan.buffers.length,
  ];
  for (const { place, dtype, size } of plan.buffers) {
    const at = 'line' in place ? place.line : 'index' in place ? place.index : 0;
    words.push(PLACES.indexOf(place.kind), at, DTYPES.indexOf(dtype), size);
  }
  words.push(plan.instructions.length);
  for (const instruction of plan.instructions) {
    const payload = encodeInstruction(instruction);
    words.push(KINDS.indexOf(kindOf(instruction)), payload.length, ...payload);
  }
  return Int32Array.from(words);
}

function kindOf(instruction: Instruction): (typeof KINDS)[number] {
  return 'geometry' in instruction ? 'convolution' : instruction.kind;
}

function encodeInstruction(instruction: Instruction): number[] {
  switch (instruction.kind) {
    case 'elementwise':
      return elementwise(instruction);
    case 'matmul': {
      const { batch, m, n, k, a, b, c, then } = instruction;
      return [batch, m, n, k, ...matrix(a), ...matrix(b), c, ...optional(then)];
    }
    case 'conv':
    case 'convInputGrad':
    case 'convFilterGrad': {
      const { kind, geometry, left, right, result, first, then } = instruction;
      return [
        CONVOLUTIONS.indexOf(kind),
        ...geometryWords(geometry),
        left,
        right,
        result,
        ...optional(first),
        ...optional(then),
      ];
    }
    case 'reduce': {
      const { op, kept, reduced, x, result } = instruction;
      const lists = [kept.length, ...kept, reduced.length, ...reduced];
      return [REDUCE_OPS.indexOf(op), ...lists, x.buffer, x.offset, ...x.strides, result];
    }
    case 'gather':
    case 'scatterAdd': {
      const { rows, count, width, x, indices, result } = instruction;
      return [rows, count, width, x, indices, result];
    }
    case 'cumsum': {
      const { outer, length, inner, reverse, x, result } = instruction;
      return [outer, length, inner, x, result, Number(reverse)];
    }
    case 'argMax': {
      const { outer, length, inner, x, result } = instruction;
      return [outer, length, inner, x, result];
    }
    case 'topK': {
      const { rows, length, k, largest, x, result } = instruction;
      return [rows, length, k, Number(largest), x, result];
    }
    case 'assignment': {
      const { batch, length, tolerance, x, result } = instruction;
      return [batch, length, bitsOf('float', tolerance), x, result];
    }
    case 'random':
      return [DISTRIBUTIONS.indexOf(instruction.distribution), instruction.hash | 0, instruction.result];
    case 'guard':
      return [instruction.condition];
  }
}

const optional = (work: Elementwise | undefined) => (work ? [1, ...elementwise(work)] : [0]);

const matrix = ({ buffer, offset, batchStride, rowStride, columnStride }: Matrix) => [
  buffer,
  offset,
  batchStride,
  rowStride,
  columnStride,
];

function geometryWords(geometry: Geometry): number[] {
  const { batch, channels, filters, groups, space, kernel, out, strides, dilations, before } = geometry;
  const axes = [space, kernel, out, strides, dilations, before];
  return [batch, channels, filters, groups, ...axes.flat()];
}

const walk = (slot: number, { buffer, offset, strides }: Strided) => [buffer, slot, offset, ...strides];

function elementwise(work: Elementwise): number[] {
  const { shape, columns, loads, constants, code, stores, reductions } = work;
  const firstResult = loads.length + constants.length;
  const { slotOf, count } = assignSlots(
    firstResult,
    code.map(({ inputs }) => inputs),
    [...stores, ...reductions].map(({ register }) => register),
  );
  return [
    shape.length,
    ...shape,
    columns || sizeOf(shape),
    count,
    loads.length,
    ...loads.flatMap((load, register) => walk(slotOf[register], load)),
    constants.length,
    ...constants.flatMap(({ kind, value }, i) => [slotOf[loads.length + i], bitsOf(kind, value)]),
    code.length,
    ...code.flatMap(({ op, inputs, immediate = 0 }, line) => {
      const [a, b, c] = [0, 1, 2].map((i) => (i < inputs.length ? slotOf[inputs[i]] : 0));
      return [CODE_OPS.indexOf(op), slotOf[firstResult + line], a, b, c, bitsOf('float', immediate)];
    }),
    stores.length,
    ...stores.flatMap((each) => walk(slotOf[each.register], each)),
    reductions.length,
    ...reductions.flatMap(({ register, op, keep, buffer }) => [
      slotOf[register],
      REDUCE_OPS.indexOf(op),
      KEEPS.indexOf(keep),
      buffer,
    ]),
  ];
}

function bitsOf(kind: 'float' | 'int' | 'mask', value: number): number {
  if (kind === 'float') return new Int32Array(Float32Array.of(value).buffer)[0];
  return kind === 'int' ? value | 0 : value ? -1 : 0;
}
