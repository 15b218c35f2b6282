/**
 * Programs as graphs of the lowering: moves become walks, elementwise operations those of the plan, what is known becomes
 * a constant, and empty tensors disappear.
 */
import { streamHash } from '../../random/index.js';
import {
  type ConstantData,
  type DType,
  type OpName,
  type Program,
  type Shape,
  type Tensor as SymbolicTensor,
  sizeOf,
  stridesOf,
  Tensor,
  type Window,
} from '../../tensor/index.js';
import { evaluate } from '../reference/engine.js';
import {
  type Box,
  denseRead,
  type Graph,
  type GraphProgram,
  isWhole,
  type KernelWork,
  type Node,
  numberOf,
  type Read,
} from './graph.js';
import { copyOf, lineOf, MAX_RANK } from './lines.js';
import { type CodeOp, FLOAT_OPS, type Geometry } from './plan.js';
import { reduceOf } from './reductions.js';
import {
  boxWalk,
  breaksOf,
  denseWalk,
  isContiguous,
  isUniform,
  mergeBreaks,
  positions,
  stridesOver,
  uniformWalk,
  type Walk,
  walkOf,
} from './views.js';

/** Constants are computed now if that touches no more elements than these. */
const MOST_FOLDED = 1e6;

/** Undefined for a tensor without elements. */
type Value = Read | undefined;

/** Operations on floats are the lines of their names. */
const FLOAT_LINES: readonly CodeOp[] = [...FLOAT_OPS, 'equal', 'less', 'lessEqual', 'where'];
const floatLineOf = (op: OpName) => FLOAT_LINES.find((line) => line === op);

/** Those on whole numbers and bools. */
const INT_LINES: Partial<Record<OpName, CodeOp>> = {
  neg: 'negInt',
  add: 'addInt',
  sub: 'subInt',
  mul: 'mulInt',
  max: 'maxInt',
  min: 'minInt',
  equal: 'equalInt',
  less: 'lessInt',
  lessEqual: 'lessEqualInt',
  where: 'where',
};

/** The lines of a cast, one after the other. Registers of int32 and uint8 are of one kind. */
const CASTS: Record<DType, Record<DType, readonly (CodeOp | 'copy')[]>> = {
  float32: {
    float32: [],
    int32: ['intFromFloat'],
    uint8: ['intFromFloat', 'byteFromInt'],
    bool: ['maskFromFloat'],
  },
  int32: { float32: ['floatFromInt'], int32: [], uint8: ['byteFromInt'], bool: ['maskFromInt'] },
  uint8: { float32: ['floatFromInt'], int32: ['copy'], uint8: [], bool: ['maskFromInt'] },
  bool: { float32: ['floatFromMask'], int32: ['intFromMask'], uint8: ['intFromMask'], bool: [] },
};

export function buildGraph(program: Program, graph: Graph): GraphProgram {
  const builder = new Builder(graph);
  for (const tensor of program.nodes) builder.add(tensor);
  const present = <T>(list: Iterable<readonly [T, SymbolicTensor]>) =>
    Array.from(list).flatMap(([key, tensor]) => {
      const read = builder.valueOf(tensor);
      return read ? [{ key, read }] : [];
    });
  const updates = present(program.updates).map(({ key: { name, dtype, size }, read }) => ({
    variable: graph.leaf('variable', name, dtype, size),
    read,
  }));
  const guard = program.guard && builder.valueOf(program.guard);
  const decided = guard && numberOf(guard);
  return {
    outputs: present(program.outputs).map(({ key, read }) => ({ name: key, read })),
    updates: decided === 0 ? [] : updates,
    guard: decided === undefined ? guard : undefined,
  };
}

class Builder {
  readonly #values = new Map<SymbolicTensor, Value>();

  constructor(readonly graph: Graph) {}

  add(tensor: SymbolicTensor): void {
    this.#values.set(tensor, tensor.size === 0 ? undefined : this.#build(tensor));
  }

  valueOf(tensor: SymbolicTensor): Value {
    return this.#values.get(tensor);
  }

  /** The value of an input that has elements. */
  #input(tensor: SymbolicTensor, index: number): Read {
    const read = this.valueOf(tensor.inputs[index]);
    if (!read) throw new Error(`native: input ${index} of ${tensor} is empty`);
    return read;
  }

  #build(tensor: SymbolicTensor): Read {
    const { graph } = this;
    const { shape, dtype, size } = tensor;
    if (tensor.is('input') || tensor.is('variable')) {
      return denseRead(graph.leaf(tensor.op as 'input' | 'variable', tensor.attributes.name, dtype, size));
    }
    if (tensor.is('constant')) return this.#constant(dtype, tensor.attributes.data);
    if (tensor.is('step')) return denseRead(graph.line('step', 'int32', 1, []));
    if (tensor.is('iota')) {
      const { axis } = tensor.attributes;
      const source = graph.constant(
        'int32',
        Int32Array.from({ length: shape[axis] }, (_, i) => i),
      );
      return {
        source,
        walk: walkOf(
          shape,
          shape.map((_, i) => (i === axis ? 1 : 0)),
        ),
      };
    }
    if (tensor.is('random')) {
      const { stream, distribution } = tensor.attributes;
      return denseRead(
        graph.kernel({ kind: 'random', distribution, hash: streamHash(stream) }, dtype, size, []),
      );
    }
    return this.#move(tensor) ?? this.#emptyOperands(tensor) ?? this.#folded(tensor) ?? this.#compute(tensor);
  }

  /** What only says how elements are read. */
  #move(tensor: SymbolicTensor): Read | undefined {
    const { shape } = tensor;
    if (tensor.is('reshape') || tensor.is('stopGradient')) return this.#input(tensor, 0);
    if (tensor.is('broadcastTo'))
      return this.#broadcast(this.#input(tensor, 0), tensor.inputs[0].shape, shape);
    if (tensor.is('transpose')) {
      const { source, offset, strides } = this.#strided(this.#input(tensor, 0), tensor.inputs[0].shape);
      const turned = tensor.attributes.permutation.map((axis) => strides[axis]);
      return { source, walk: walkOf(shape, turned, offset) };
    }
    if (tensor.is('slice')) {
      const { source, offset, strides } = this.#strided(this.#input(tensor, 0), tensor.inputs[0].shape);
      const { starts, steps } = tensor.attributes;
      const first = starts.reduce((at, start, axis) => at + start * strides[axis], offset);
      return {
        source,
        walk: walkOf(
          shape,
          strides.map((stride, axis) => stride * steps[axis]),
          first,
        ),
      };
    }
    return undefined;
  }

  /** What is computed from nothing is nothing: an empty sum is 0. */
  #emptyOperands(tensor: SymbolicTensor): Read | undefined {
    if (tensor.inputs.every(({ size }) => size > 0)) return undefined;
    if (tensor.is('concat')) return undefined;
    if (tensor.is('gather')) throw new RangeError('gather: every index is outside 0 rows');
    const value = tensor.is('pad') ? tensor.attributes.value : 0;
    return this.graph.filled(tensor.dtype, value, tensor.size);
  }

  #constant(dtype: DType, data: ConstantData): Read {
    const [first] = data;
    const isFilled = data.every((value) => Object.is(value, first));
    return isFilled
      ? this.graph.filled(dtype, first, data.length)
      : denseRead(this.graph.constant(dtype, data));
  }

  /** The value of a node all of whose inputs are known. */
  #folded(tensor: SymbolicTensor): Read | undefined {
    const reads = tensor.inputs.map((x) => this.valueOf(x));
    if (reads.some((read) => read !== undefined && read.source.kind !== 'constant')) return undefined;
    const known = (read: Value, shape: Shape, dtype: DType) => {
      const data = read ? valuesOf(read) : new Uint8Array(0);
      return new Tensor(
        'constant',
        [],
        { data, shape, dtype },
        { shape, dtype },
      ) as unknown as SymbolicTensor;
    };
    const isElementwise = floatLineOf(tensor.op) !== undefined || tensor.is('cast');
    if (isElementwise && reads.every((read) => read !== undefined && isUniform(read.walk))) {
      const scalars = reads.map((read, i) => known(first(read), [], tensor.inputs[i].dtype));
      const [value] = evaluate([remade(tensor, scalars, [])])[0];
      return this.graph.filled(tensor.dtype, value, tensor.size);
    }
    const [only] = reads;
    const filling = only && numberOf(only);
    if (tensor.is('reduceSum') && filling !== undefined && tensor.dtype === 'float32') {
      return this.graph.filled('float32', filling * (tensor.inputs[0].size / tensor.size), tensor.size);
    }
    if (tensor.inputs.reduce((sum, x) => sum + x.size, tensor.size) > MOST_FOLDED || !isQuick(tensor))
      return undefined;
    const inputs = reads.map((read, i) => known(read, tensor.inputs[i].shape, tensor.inputs[i].dtype));
    return this.#constant(tensor.dtype, evaluate([remade(tensor, inputs, tensor.shape)])[0]);
  }

  #compute(tensor: SymbolicTensor): Read {
    const { graph } = this;
    const { shape, dtype, size } = tensor;
    if (tensor.is('reduceSum') || tensor.is('reduceMax')) {
      const x = tensor.inputs[0].shape;
      const isReduced = x.map((_, axis) => tensor.attributes.axes.includes(axis));
      return reduceOf(graph, tensor.is('reduceSum') ? 'sum' : 'max', this.#input(tensor, 0), x, isReduced);
    }
    if (tensor.is('pad')) {
      const { before, value } = tensor.attributes;
      return this.#join(tensor, [{ starts: before, sizes: tensor.inputs[0].shape }], value);
    }
    if (tensor.is('concat')) return this.#concat(tensor);
    if (tensor.is('matmul')) return this.#matmul(tensor);
    if (tensor.is('conv')) {
      const geometry = geometryOf(tensor.inputs[0].shape, tensor.inputs[1].shape, shape, tensor.attributes);
      return this.#kernel(tensor, { kind: 'conv', geometry });
    }
    if (tensor.is('convInputGrad')) {
      const geometry = geometryOf(shape, tensor.inputs[1].shape, tensor.inputs[0].shape, tensor.attributes);
      return this.#kernel(tensor, { kind: 'convInputGrad', geometry });
    }
    if (tensor.is('convFilterGrad')) {
      const geometry = geometryOf(tensor.inputs[0].shape, shape, tensor.inputs[1].shape, tensor.attributes);
      return this.#kernel(tensor, { kind: 'convFilterGrad', geometry });
    }
    if (tensor.is('gather')) {
      const [rows] = tensor.inputs[0].shape;
      const width = tensor.inputs[0].size / rows;
      return this.#kernel(tensor, { kind: 'gather', rows, count: size / width, width });
    }
    if (tensor.is('scatterAdd')) {
      const [rows] = shape;
      const width = size / rows;
      return this.#kernel(tensor, { kind: 'scatterAdd', rows, count: tensor.inputs[0].size / width, width });
    }
    if (tensor.is('cumsum')) {
      const { axis, reverse } = tensor.attributes;
      return this.#kernel(tensor, { kind: 'cumsum', ...along(shape, axis), reverse });
    }
    if (tensor.is('argMax')) {
      return this.#kernel(tensor, {
        kind: 'argMax',
        ...along(tensor.inputs[0].shape, tensor.attributes.axis),
      });
    }
    if (tensor.is('topK')) {
      const { k, largest } = tensor.attributes;
      const length = tensor.inputs[0].shape[shape.length - 1];
      return this.#kernel(tensor, { kind: 'topK', rows: size / k, length, k, largest });
    }
    if (tensor.is('assignment')) {
      const [batch, length] = shape;
      return this.#kernel(tensor, { kind: 'assignment', batch, length, ...tensor.attributes });
    }
    const reads = tensor.inputs.map((x, i) => this.#broadcast(this.#input(tensor, i), x.shape, shape));
    if (tensor.is('cast')) {
      let read = reads[0];
      for (const op of CASTS[tensor.inputs[0].dtype][dtype]) {
        const to = op === 'intFromFloat' ? 'int32' : dtype;
        read = denseRead(lineOf(graph, op, to, size, [read]));
      }
      return read;
    }
    const op = tensor.inputs[0].dtype === 'float32' ? floatLineOf(tensor.op) : INT_LINES[tensor.op];
    if (!op) throw new Error(`native: ${tensor} has no lowering`);
    const immediate = tensor.is('polygamma') ? tensor.attributes.order : 0;
    return denseRead(lineOf(graph, op, dtype, size, reads, immediate));
  }

  /** Strides along the axes of a shape, of a copy where the value itself has none. */
  #strided(read: Read, shape: Shape): { source: Node; offset: number; strides: readonly number[] } {
    const strides = stridesOver(read.walk, shape);
    if (strides) return { source: read.source, offset: read.walk.offset, strides };
    return { source: copyOf(this.graph, read).source, offset: 0, strides: stridesOf(shape) };
  }

  #broadcast(read: Read, from: Shape, to: Shape): Read {
    const size = sizeOf(to);
    if (sizeOf(from) === size) return read;
    if (isUniform(read.walk)) return { source: read.source, walk: uniformWalk(size, read.walk.offset) };
    const { source, offset, strides } = this.#strided(read, from);
    const added = to.length - from.length;
    const stretched = to.map((_, axis) =>
      axis < added || from[axis - added] === 1 ? 0 : strides[axis - added],
    );
    return { source, walk: walkOf(to, stretched, offset) };
  }

  #concat(tensor: SymbolicTensor<'concat'>): Read {
    const { axis } = tensor.attributes;
    let start = 0;
    const boxes = tensor.inputs.map(({ shape }): Box => {
      const starts = shape.map((_, i) => (i === axis ? start : 0));
      start += shape[axis];
      return { starts, sizes: shape };
    });
    return this.#rejoined(tensor) ?? this.#join(tensor as unknown as SymbolicTensor, boxes, undefined);
  }

  /** The walk that reads the parts of a concatenation where they are: neighbours in one value. */
  #rejoined(tensor: SymbolicTensor<'concat'>): Read | undefined {
    const { axis } = tensor.attributes;
    const parts = tensor.inputs.flatMap((x) => {
      const read = this.valueOf(x);
      return read ? [{ read, shape: x.shape, strides: stridesOver(read.walk, x.shape) }] : [];
    });
    const [head, second] = parts;
    if (!second || !head.strides) return undefined;
    const step = (second.read.walk.offset - head.read.walk.offset) / head.shape[axis];
    const strides = head.strides.map((stride, i) => (i === axis ? step : stride));
    let offset = head.read.walk.offset;
    for (const part of parts) {
      const isNext = part.read.source === head.read.source && part.read.walk.offset === offset;
      const isAlike = part.strides?.every((stride, i) => stride === strides[i] || part.shape[i] === 1);
      if (!isNext || !isAlike) return undefined;
      offset += step * part.shape[axis];
    }
    return { source: head.read.source, walk: walkOf(tensor.shape, strides, head.read.walk.offset) };
  }

  /** Parts that are put into their boxes, each of which must be a walk that the engine has. */
  #join(tensor: SymbolicTensor, boxes: readonly Box[], fill: number | undefined): Read {
    const { shape, dtype, size } = tensor;
    const parts: Read[] = [];
    const places: Box[] = [];
    const put = (read: Read, box: Box) => {
      const target = breaksOf(boxWalk(shape, box.starts, box.sizes));
      const breaks = mergeBreaks(target, breaksOf(read.walk));
      if (breaks && breaks.length < MAX_RANK) {
        parts.push(read);
        places.push(box);
      } else if (!isContiguous(read.walk)) {
        put(copyOf(this.graph, read), box);
      } else {
        const axis = box.sizes.findIndex((length) => length > 1);
        const sizes = box.sizes.map((length, i) => (i === axis ? 1 : length));
        for (let i = 0; i < box.sizes[axis]; i++) {
          const starts = box.starts.map((start, k) => (k === axis ? start + i : start));
          const walk = { ...denseWalk(sizeOf(sizes)), offset: read.walk.offset + i * sizeOf(sizes) };
          put({ source: read.source, walk }, { starts, sizes });
        }
      }
    };
    boxes.forEach((box, i) => {
      const read = this.valueOf(tensor.inputs[i]);
      if (read) put(read, box);
    });
    return denseRead(this.graph.join(dtype, shape, size, parts, places, fill));
  }

  #matmul(tensor: SymbolicTensor<'matmul'>): Read {
    const [m, k] = tensor.inputs[0].shape.slice(-2);
    const n = tensor.shape[tensor.rank - 1];
    const batch = tensor.size / (m * n);
    const operand = (i: number, shape: Shape) => {
      const read = this.#input(tensor as unknown as SymbolicTensor, i);
      return stridesOver(read.walk, shape) ? read : copyOf(this.graph, read);
    };
    const a = operand(0, [batch, m, k]);
    const b = operand(1, [batch, k, n]);
    const sharesRight = batch > 1 && stridesOver(b.walk, [batch, k * n])?.[0] === 0;
    if (sharesRight && stridesOver(a.walk, [batch * m, k])) {
      const right = { source: b.source, walk: matrixWalk(b.walk, batch, k, n) };
      const work = { kind: 'matmul', batch: 1, m: batch * m, n, k } as const;
      return denseRead(this.graph.kernel(work, 'float32', tensor.size, [a, right]));
    }
    return denseRead(this.graph.kernel({ kind: 'matmul', batch, m, n, k }, 'float32', tensor.size, [a, b]));
  }

  /** A kernel whose operands begin at their buffers' first elements and lie densely. */
  #kernel(tensor: SymbolicTensor, work: KernelWork): Read {
    const operands = tensor.inputs.map((_, i) => {
      const read = this.#input(tensor, i);
      return read.walk.offset === 0 && isContiguous(read.walk) ? read : copyOf(this.graph, read);
    });
    return denseRead(this.graph.kernel(work, tensor.dtype, tensor.size, operands));
  }
}

/** The first matrix of a batch. */
function matrixWalk(walk: Walk, batch: number, rows: number, columns: number): Walk {
  const [, ...strides] = stridesOver(walk, [batch, rows, columns]) ?? [];
  return walkOf([rows, columns], strides, walk.offset);
}

function geometryOf(x: Shape, w: Shape, y: Shape, window: Window): Geometry {
  const missing = 5 - x.length;
  const fill = (list: readonly number[], value: number) => [
    ...new Array<number>(missing).fill(value),
    ...list,
  ];
  return {
    batch: x[0],
    channels: x[x.length - 1],
    filters: y[y.length - 1],
    groups: window.groups,
    space: fill(x.slice(1, -1), 1),
    kernel: fill(w.slice(0, -2), 1),
    out: fill(y.slice(1, -1), 1),
    strides: fill(window.strides, 1),
    dilations: fill(window.dilations, 1),
    before: fill(
      window.padding.map(([before]) => before),
      0,
    ),
  };
}

function along(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis], inner: sizeOf(shape.slice(axis + 1)) };
}

function valuesOf({ source, walk }: Read): ConstantData {
  if (source.kind !== 'constant') throw new Error('native: this value is not known');
  if (isWhole({ source, walk })) return source.data;
  const at = positions(walk);
  const values = source.data.slice(0, 0).constructor as new (length: number) => ConstantData;
  return new values(at.length).map((_, i) => source.data[at[i]]) as ConstantData;
}

const first = (read: Value): Value =>
  read && { source: read.source, walk: { offset: read.walk.offset, axes: [] } };

function remade(tensor: SymbolicTensor, inputs: readonly SymbolicTensor[], shape: Shape): SymbolicTensor {
  return new Tensor(tensor.op, inputs, tensor.attributes, { shape, dtype: tensor.dtype });
}

/** Whether the reference computes it without many products, and without a reason to refuse. */
function isQuick(tensor: SymbolicTensor): boolean {
  if (tensor.is('gather') || tensor.is('scatterAdd')) return false;
  if (tensor.is('matmul'))
    return tensor.size * tensor.inputs[0].shape[tensor.inputs[0].rank - 1] <= MOST_FOLDED;
  return !(tensor.is('conv') || tensor.is('convInputGrad') || tensor.is('convFilterGrad'));
}
