/**
 * Plans as the words that the compiled engine reads; `native/src/decode.cpp` is the way back. Everything is a 32-bit
 * number:
 *
 *   header, then lists (their length first) of variables, inputs, outputs, buffers and instructions
 *
 * An instruction is its kind, the number of words that follow, and those. Registers become slots here: numbers that are no
 * longer needed make room for others.
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

export const MAGIC = 0x56414b31;

const DTYPES: readonly DType[] = ['float32', 'int32', 'uint8', 'bool'];
const PLACES = ['arena', 'constant', 'variable', 'input', 'output'] as const;
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
    const at = 'line' in place ? place.line : place.index;
    words.push(PLACES.indexOf(place.kind), at, DTYPES.indexOf(dtype), size);
  }
  words.push(plan.instructions.length);
  for (const instruction of plan.instructions) {
    const payload = encodeInstruction(instruction);
    words.push(KINDS.indexOf(kindOf(instruction)), payload.length, ...payload);
  }
  return Int32Array.from(words);
}

function kindOf({ kind }: Instruction): (typeof KINDS)[number] {
  return kind === 'conv' || kind === 'convInputGrad' || kind === 'convFilterGrad' ? 'convolution' : kind;
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
      const { kind, geometry, left, right, result, then } = instruction;
      return [CONVOLUTIONS.indexOf(kind), ...geometryWords(geometry), left, right, result, ...optional(then)];
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
    case 'random':
      return [DISTRIBUTIONS.indexOf(instruction.distribution), instruction.hash | 0, instruction.result];
    case 'guard':
      return [instruction.condition];
  }
}

const optional = (then: Elementwise | undefined) => (then ? [1, ...elementwise(then)] : [0]);

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
  const { slots, slotOf } = assignSlots(work);
  const firstResult = loads.length + constants.length;
  return [
    shape.length,
    ...shape,
    columns || sizeOf(shape),
    slots,
    loads.length,
    ...loads.flatMap((load, register) => walk(slotOf(register), load)),
    constants.length,
    ...constants.flatMap(({ kind, value }, i) => [slotOf(loads.length + i), bitsOf(kind, value)]),
    code.length,
    ...code.flatMap(({ op, inputs, immediate = 0 }, line) => {
      const [a, b, c] = [0, 1, 2].map((i) => (i < inputs.length ? slotOf(inputs[i]) : 0));
      return [CODE_OPS.indexOf(op), slotOf(firstResult + line), a, b, c, bitsOf('float', immediate)];
    }),
    stores.length,
    ...stores.flatMap((each) => walk(slotOf(each.register), each)),
    reductions.length,
    ...reductions.flatMap(({ register, op, keep, buffer }) => [
      slotOf(register),
      REDUCE_OPS.indexOf(op),
      KEEPS.indexOf(keep),
      buffer,
    ]),
  ];
}

/**
 * Loads and constants keep a slot of their own, because some are filled once for many blocks. A result takes a slot whose
 * number is not needed any more, an operand's own among them; what is stored or reduced is needed to the end.
 */
function assignSlots({ loads, constants, code, stores, reductions }: Elementwise) {
  const fixed = loads.length + constants.length;
  const lastUse = new Array<number>(fixed + code.length).fill(-1);
  code.forEach(({ inputs }, line) => {
    for (const register of inputs) lastUse[register] = line;
  });
  for (const { register } of [...stores, ...reductions]) lastUse[register] = code.length;
  const slotOf = Array.from({ length: fixed }, (_, register) => register);
  const free: number[] = [];
  let slots = fixed;
  code.forEach(({ inputs }, line) => {
    for (const register of new Set(inputs)) {
      if (register >= fixed && lastUse[register] === line) free.push(slotOf[register]);
    }
    slotOf.push(free.pop() ?? slots++);
  });
  return { slots, slotOf: (register: number) => slotOf[register] };
}

function bitsOf(kind: 'float' | 'int' | 'mask', value: number): number {
  if (kind === 'float') return new Int32Array(Float32Array.of(value).buffer)[0];
  return kind === 'int' ? value | 0 : value ? -1 : 0;
}
