import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  allocate,
  bytesPerElement,
  concat,
  constant,
  grad,
  input,
  iota,
  Program,
  type Shape,
  sizeOf,
  softmax,
  step,
  type Tensor,
  type TensorData,
  Variable,
  type Window,
} from '../../tensor/index.js';
import { evaluate } from '../reference/engine.js';
import { encodePlan } from './encode.js';
import { PlanInterpreter } from './interpreter.js';
import { lowerProgram } from './lower.js';
import { accessOf, kernelAccessOf, loopOf } from './memory.js';
import type { Elementwise, Instruction, Plan, Strided } from './plan.js';

const variable = (name: string, shape: Shape, dtype: 'float32' | 'int32' = 'float32') =>
  new Variable(name, shape, () => [], { dtype });

const kinds = (plan: Plan) => plan.instructions.map(({ kind }) => kind);

const loopsOf = (plan: Plan): Elementwise[] =>
  plan.instructions.flatMap((instruction) => loopOf(instruction) ?? []);

const opsOf = ({ code }: Elementwise) => code.map(({ op }) => op);

/** Small whole numbers: sums and products of them are exact, so every order of computing gives the same. */
function wholeNumbers(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => ((i * 7 + seed * 13) % 7) - 3);
}

interface Result {
  readonly outputs: ReadonlyMap<string, readonly number[]>;
  readonly variables: ReadonlyMap<string, readonly number[]>;
}

const STEPS = 2;
const FIRST_STEP = 3;

/** Runs two steps of a plan whose working memory holds nonsense at first. */
function interpreted(
  program: Program,
  feeds: ReadonlyMap<string, TensorData>,
  start: ReadonlyMap<string, TensorData>,
): Result {
  const plan = lowerProgram(program, { leastMade: 1 });
  expectNoConflicts(plan);
  const runner = new PlanInterpreter({ poison: 0xff });
  runner.write(start);
  const fed = plan.inputs.map(({ name, dtype, size }) => {
    const all = allocate(dtype, size * STEPS);
    for (let k = 0; k < STEPS; k++) all.set(feeds.get(name) ?? [], k * size);
    return all;
  });
  const results = runner.load(plan).run(fed, { steps: STEPS, firstStep: FIRST_STEP, seed: 1 });
  if (results instanceof Promise) throw new Error('the interpreter has no threads');
  const outputs = new Map(plan.outputs.map(({ name }, i) => [name, Array.from(results[i], positive)]));
  const variables = runner.read(plan.variables.map(({ name }) => name));
  return {
    outputs,
    variables: new Map(Array.from(variables, ([name, data]) => [name, Array.from(data, positive)])),
  };
}

/** The same by the reference. */
function expected(
  program: Program,
  feeds: ReadonlyMap<string, TensorData>,
  start: ReadonlyMap<string, TensorData>,
): Result {
  const variables = new Map<string, readonly number[]>(
    Array.from(start, ([name, data]) => [name, Array.from(data)]),
  );
  const outputs = new Map<string, number[]>(Array.from(program.outputs.keys(), (name) => [name, []]));
  for (let k = 0; k < STEPS; k++) {
    const values = {
      ...Object.fromEntries(feeds),
      ...Object.fromEntries(Array.from(variables, ([name, data]) => [name, Float32Array.from(data)])),
    };
    const roots = [
      ...program.outputs.values(),
      ...program.updates.values(),
      ...(program.guard ? [program.guard] : []),
    ];
    const computed = evaluate(roots, { values, seed: 1, step: FIRST_STEP + k }).map((data) =>
      Array.from(data, positive),
    );
    [...program.outputs.keys()].forEach((name, i) => {
      outputs.get(name)?.push(...computed[i]);
    });
    if (program.guard && computed[computed.length - 1][0] === 0) continue;
    [...program.updates.keys()].forEach(({ name }, i) => {
      variables.set(name, computed[program.outputs.size + i]);
    });
  }
  return { outputs, variables };
}

const positive = (value: number) => (value === 0 ? 0 : value);

/** Buffers of the arena that are alive at the same time lie apart, but for a loop's store over what it loads alike. */
function expectNoConflicts(plan: Plan): void {
  const spans = new Map<number, { first: number; last: number }>();
  plan.instructions.forEach((instruction, i) => {
    const { reads, writes } = accessOf(instruction);
    for (const buffer of [...reads, ...writes]) {
      const span = spans.get(buffer);
      if (span) span.last = i;
      else spans.set(buffer, { first: i, last: i });
    }
  });
  const alive = [...spans].flatMap(([index, span]) => {
    const { place, size, dtype } = plan.buffers[index];
    if (place.kind !== 'arena') return [];
    const start = place.line * 64;
    return [{ index, ...span, start, end: start + size * bytesPerElement(dtype) }];
  });
  for (const [i, a] of alive.entries()) {
    expect(a.end).toBeLessThanOrEqual(plan.arenaLines * 64);
    for (const b of alive.slice(i + 1)) {
      if (a.start >= b.end || b.start >= a.end || a.last < b.first || b.last < a.first) continue;
      const [early, late] = a.last === b.first ? [a, b] : [b, a];
      expect(early.last).toBe(late.first);
      expect(early.start).toBe(late.start);
      expectInPlace(plan.instructions[late.first], early.index, late.index);
    }
  }
}

function expectInPlace(instruction: Instruction, loaded: number, stored: number): void {
  const loop = loopOf(instruction);
  const loads = loop?.loads.filter(({ buffer }) => buffer === loaded) ?? [];
  const stores = loop?.stores.filter(({ buffer }) => buffer === stored) ?? [];
  expect(stores.length).toBe(1);
  expect(loads.length).toBeGreaterThan(0);
  const walk = ({ offset, strides }: Strided) => ({ offset, strides });
  for (const load of loads) expect(walk(load)).toEqual(walk(stores[0]));
  expect(kernelAccessOf(instruction).reads).not.toContain(loaded);
}

// Random programs.

/** What a random graph is made of: numbers that pick operations and operands. */
const recipe = fc.record({
  picks: fc.array(fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999)), {
    minLength: 6,
    maxLength: 40,
  }),
  outputs: fc.array(fc.nat(999), { minLength: 1, maxLength: 3 }),
  updates: fc.array(fc.nat(999), { maxLength: 3 }),
  guard: fc.option(fc.nat(999), { nil: undefined }),
});

const SHAPES: readonly Shape[] = [
  [2, 3, 4],
  [4, 3],
  [3, 4],
  [4],
  [1, 4],
  [12],
  [2, 1, 4],
  [],
  [3, 5],
  [5, 3],
];
const INPUTS = SHAPES.map((shape, i) => input(`x${i}`, shape));
const BYTES = input('bytes', [3, 4], 'uint8');
const VARIABLES = [variable('u', [3, 4]), variable('v', [3, 4]), variable('w', [12]), variable('s', [])];

const WINDOW: Window = { strides: [1], dilations: [1], padding: [[1, 0]], groups: 1 };
const filterOf = (channels: number, seed: number) =>
  constant(wholeNumbers(2 * channels * channels, seed), 'float32', [2, channels, channels]);

const bounded = (x: Tensor) => x.max(-8).min(8);

function build({
  picks,
  outputs,
  updates,
  guard,
}: typeof recipe extends fc.Arbitrary<infer T> ? T : never): Program {
  const pool: Tensor[] = [
    ...INPUTS,
    ...VARIABLES,
    BYTES.cast('float32'),
    step().cast('float32'),
    iota([3, 4]).cast('float32'),
  ];
  const add = (tensor: Tensor) => pool.push(tensor.dtype === 'float32' ? tensor : tensor.cast('float32'));
  for (const [op, a, b, c] of picks) {
    // Late ones are picked more often, so that chains become long.
    const x = pool[pool.length - 1 - (a % (c % 3 === 0 ? pool.length : Math.min(6, pool.length)))];
    const fits = pool.filter((t) => broadcasts(x.shape, t.shape));
    const y = fits[b % fits.length];
    const axis = x.rank === 0 ? 0 : c % x.rank;
    const operations: (() => Tensor | undefined)[] = [
      () => x.add(y),
      () => bounded(x.mul(y)),
      () => x.sub(y),
      () => x.max(y),
      () => x.neg().min(y),
      () => bounded(x.add(1).square()),
      () => x.less(y).where(x, 0),
      () => x.relu().greater(0).cast('float32').mul(x),
      () => x.max(x.mul(0.5)).floor(),
      () => bounded(x.sum(c % 2 === 0 ? undefined : [axis].slice(0, x.rank))),
      () => (x.rank > 0 ? bounded(x.mul(y).sum(axis, { keepDims: true })) : undefined),
      () => (x.rank > 0 ? x.amax(axis) : undefined),
      () => (x.rank > 1 ? bounded(x.sum([...Array(x.rank).keys()].slice(0, -1))) : undefined),
      () =>
        x.rank > 1 ? x.transpose([...Array(x.rank).keys()].map((i) => (i + 1 + c) % x.rank)) : undefined,
      () => (x.rank > 1 ? x.swapLastAxes() : undefined),
      () => (x.rank > 0 && x.shape[axis] > 1 ? x.sliceAlong(axis, 1, x.shape[axis]) : undefined),
      () => (x.rank > 0 ? x.flip(axis) : undefined),
      () => (x.rank > 0 && x.size < 60 ? concat([x, x.neg(), x.flip(axis)], axis) : undefined),
      () =>
        x.rank > 0 && x.size < 60
          ? x.pad(
              x.shape.map((_, i) => (i === axis ? [1, 2] : [0, 0])),
              c % 2,
            )
          : undefined,
      () => x.reshape([x.size]),
      () => (x.size % 2 === 0 ? x.reshape([2, x.size / 2]) : undefined),
      () => (x.size % 3 === 0 ? x.reshape([x.size / 3, 3]) : undefined),
      () => (x.size < 60 ? x.expandDims(0).broadcastTo([2, ...x.shape]) : undefined),
      () => {
        if (x.rank !== 2) return undefined;
        const right = pool.filter((t) => t.rank === 2 && t.shape[0] === x.shape[1]);
        return right.length > 0 ? bounded(x.matmul(right[c % right.length])) : undefined;
      },
      () => (x.rank === 2 ? bounded(x.matmul(x.swapLastAxes()).add(1).relu()) : undefined),
      () => (x.rank === 3 ? bounded(x.conv(filterOf(x.shape[2], c), WINDOW)) : undefined),
      () => {
        if (x.rank !== 3 || y.size !== x.size) return undefined;
        const gradient = x.convFilterGrad(y.reshape(x.shape), [2, x.shape[2], x.shape[2]], WINDOW);
        return bounded(gradient.add(x.convInputGrad(filterOf(x.shape[2], c), x.shape, WINDOW).sum()));
      },
      () => (x.rank > 0 ? bounded(x.cumsum(axis, { reverse: c % 2 === 0 })) : undefined),
      () => (x.rank > 0 ? x.argMax(axis) : undefined),
      () => (x.rank > 0 ? x.gather(iota([2, 2]).min(x.shape[0] - 1)) : undefined),
      () => x.cast('int32').mul(3).add(1).cast('float32').min(8).max(-8),
      () => x.equal(y).where(x, y),
      () => {
        if (x.rank === 0 || x.size > 60) return undefined;
        const half = x.pad(x.shape.map((n, i) => (i === axis ? [0, n] : [0, 0])));
        return half.add(x.neg().pad(x.shape.map((n, i) => (i === axis ? [n, 0] : [0, 0]))));
      },
    ];
    const made = operations[op % operations.length]();
    if (made && made.size <= 400) add(made);
  }
  const pick = (at: number) => pool[pool.length - 1 - (at % Math.min(20, pool.length))];
  const newValues = updates.flatMap((at, i): [Variable, Tensor][] => {
    const target = VARIABLES[(at + i) % VARIABLES.length];
    const fits = pool.filter((t) => t.size === target.size);
    return fits.length > 0
      ? [[target, fits[fits.length - 1 - (at % fits.length)].reshape(target.shape)]]
      : [];
  });
  return new Program({
    outputs: Object.fromEntries(outputs.map((at, i) => [`y${i}`, pick(at)])),
    updates: new Map(newValues),
    guard:
      guard === undefined
        ? undefined
        : pick(guard)
            .sum()
            .greater(guard % 2 === 0 ? 0 : -1e6),
  });
}

function broadcasts(a: Shape, b: Shape): boolean {
  const rank = Math.min(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => [a[a.length - 1 - i], b[b.length - 1 - i]]).every(
    ([m, n]) => m === n || m === 1 || n === 1,
  );
}

function data(): { feeds: Map<string, TensorData>; start: Map<string, TensorData> } {
  const feeds = new Map<string, TensorData>(INPUTS.map((x, i) => [`x${i}`, wholeNumbers(x.size, i)]));
  feeds.set(
    'bytes',
    Uint8Array.from({ length: 12 }, (_, i) => (i * 5) % 7),
  );
  const start = new Map<string, TensorData>(
    VARIABLES.map(({ name, size }, i) => [name, wholeNumbers(size, i + 50)]),
  );
  return { feeds, start };
}

function onlyKnown(program: Program, start: Map<string, TensorData>): Map<string, TensorData> {
  return new Map([...start].filter(([name]) => program.variables.has(name)));
}

test('plans of random programs compute what the reference computes', () => {
  const { feeds, start } = data();
  fc.assert(
    fc.property(recipe, (made) => {
      const program = build(made);
      const own = onlyKnown(program, start);
      expect(interpreted(program, feeds, own)).toEqual(expected(program, feeds, own));
    }),
    { numRuns: 400 },
  );
});

test('a program has one plan, whatever else was built before', () => {
  fc.assert(
    fc.property(recipe, (made) => {
      const first = lowerProgram(build(made));
      for (let i = 0; i < 5; i++) constant(Math.PI * i).add(input('else', [i + 1]));
      const again = lowerProgram(build(made));
      expect(again).toEqual(first);
      expect(encodePlan(again)).toEqual(encodePlan(first));
    }),
    { numRuns: 50 },
  );
});

// What becomes one instruction.

test('a linear layer and its activation are one product', () => {
  const [x, w, b] = [input('x', [8, 5]), variable('w', [5, 7]), variable('b', [7])];
  const plan = lowerProgram(new Program({ outputs: { y: x.matmul(w).add(b).relu() } }));
  expect(kinds(plan)).toEqual(['matmul']);
  expect(loopsOf(plan).map(opsOf)).toEqual([['addMax']]);
  // The product itself is made where the caller's array is.
  expect(plan.arenaLines).toBe(0);
});

test('the gradient of a ReLU is a choice by the sign of what it gave', () => {
  const [x, w, v] = [input('x', [8, 5]), variable('w', [5, 7]), variable('v', [7, 4])];
  const loss = x.matmul(w).relu().matmul(v).square().sum();
  const plan = lowerProgram(new Program({ outputs: { g: grad(loss, [w])[0] } }));
  expect(loopsOf(plan).map(opsOf)).toContainEqual(['wherePositive']);
});

test('softmax of a product: its largest, then the exponentials and their sum, then the quotient', () => {
  const [x, w] = [input('x', [8, 5]), variable('w', [5, 7])];
  const plan = lowerProgram(new Program({ outputs: { y: softmax(x.matmul(w)) } }));
  expect(kinds(plan)).toEqual(['matmul', 'elementwise', 'elementwise']);
  expect(loopsOf(plan).map(opsOf)).toEqual([[], ['sub', 'exp'], ['div']]);
  expect(loopsOf(plan).map(({ reductions }) => reductions.map(({ op, keep }) => `${op} ${keep}`))).toEqual([
    ['max rows'],
    ['sum rows'],
    [],
  ]);
});

test('a variable’s whole update is one loop that writes in place', () => {
  const [w, m, v] = [variable('w', [6, 5]), variable('m', [6, 5]), variable('v', [6, 5])];
  const g = input('g', [6, 5]);
  const nextM = m.mul(0.9).add(g.mul(0.1));
  const nextV = v.mul(0.99).add(g.square().mul(0.01));
  const next = w.sub(nextM.div(nextV.sqrt().add(1e-8)).mul(0.001));
  const plan = lowerProgram(
    new Program({
      updates: new Map([
        [w, next],
        [m, nextM],
        [v, nextV],
      ]),
    }),
  );
  expect(kinds(plan)).toEqual(['elementwise']);
  expect(plan.arenaLines).toBe(0);
  expect(plan.variables.every(({ written }) => written)).toBe(true);
});

test('variables may change places', () => {
  const [a, b] = [variable('a', [6]), variable('b', [6])];
  const program = new Program({
    updates: new Map<Variable, Tensor>([
      [a, b],
      [b, a],
    ]),
  });
  const start = new Map([
    ['a', wholeNumbers(6, 1)],
    ['b', wholeNumbers(6, 2)],
  ]);
  expect(interpreted(program, new Map(), start)).toEqual(expected(program, new Map(), start));
});

test('variables that take each other’s transpose keep the old value until it was read', () => {
  const [a, b] = [variable('a', [3, 3]), variable('b', [3, 3])];
  const program = new Program({
    updates: new Map([
      [a, b.swapLastAxes().add(a)],
      [b, a.swapLastAxes().mul(2)],
    ]),
  });
  const start = new Map([
    ['a', wholeNumbers(9, 1)],
    ['b', wholeNumbers(9, 2)],
  ]);
  expect(interpreted(program, new Map(), start)).toEqual(expected(program, new Map(), start));
});

test('nothing that an output needs comes after the guard, and nothing before it writes a variable', () => {
  const [w, x] = [variable('w', [4]), input('x', [4])];
  const next = w.add(x);
  const plan = lowerProgram(
    new Program({ outputs: { next, w }, updates: new Map([[w, next]]), guard: next.sum().greater(0) }),
  );
  const at = kinds(plan).indexOf('guard');
  const kindsWritten = (list: readonly Instruction[]) =>
    list.flatMap((instruction) =>
      accessOf(instruction).writes.map((buffer) => plan.buffers[buffer].place.kind),
    );
  expect(kindsWritten(plan.instructions.slice(0, at))).not.toContain('variable');
  expect(kindsWritten(plan.instructions.slice(at))).toEqual(['variable']);
});

test('parts that are put together again are the whole', () => {
  const x = input('x', [4, 6]);
  const [a, b] = [x.sliceAlong(1, 0, 3), x.sliceAlong(1, 3, 6)];
  const plan = lowerProgram(new Program({ outputs: { y: concat([a, b], 1).add(1) } }));
  expect(loopsOf(plan).map(opsOf)).toEqual([['add']]);
});

test('the gradients of the parts of a split go side by side, in one loop', () => {
  const x = input('x', [4, 6]);
  const [a, b] = [x.sliceAlong(1, 0, 3), x.sliceAlong(1, 3, 6)];
  const loss = a.mul(b).sum();
  const plan = lowerProgram(new Program({ outputs: { dx: grad(loss, [x])[0] } }));
  expect(loopsOf(plan).map(opsOf)).toEqual([[]]);
  expect(loopsOf(plan)[0].stores.length).toBe(2);
});

test('the sum of parts side by side is taken where the parts are computed', () => {
  const [x, s] = [input('x', [8, 3]), input('s', [8, 2])];
  const both = concat([x.exp(), s.tanh()], 1);
  const sumOf = (axis: number) => lowerProgram(new Program({ outputs: { both, sum: both.sum(axis) } }));
  const reduced = loopsOf(sumOf(0)).flatMap(({ reductions }) => reductions);
  expect(kinds(sumOf(0))).not.toContain('reduce');
  expect(reduced.map(({ keep }) => keep)).toEqual(['columns', 'columns']);
  // Where the parts lie one behind the other in what is summed, the whole has to be there first.
  expect(kinds(sumOf(1))).toContain('reduce');
});

test('a part of two sums of parts is written into both, and no zeros first', () => {
  const [a, b, c] = [input('a', [4, 2]), input('b', [4, 3]), input('c', [4, 3])];
  const first = a.pad([
    [0, 0],
    [0, 3],
  ]);
  const [one, other] = [b, c].map((last) =>
    first.add(
      last.pad([
        [0, 0],
        [2, 0],
      ]),
    ),
  );
  const plan = lowerProgram(new Program({ outputs: { one, other } }));
  expect(loopsOf(plan).flatMap(opsOf)).toEqual([]);
  expect(loopsOf(plan).flatMap(({ stores }) => stores).length).toBe(4);
  expect(plan.arenaLines).toBe(0);
});

test('a sum of products that are larger than their operands is one product', () => {
  const frames = [0, 1, 2, 3, 4];
  const [first, ...rest] = frames.map((t) =>
    input(`x${t}`, [2, 6])
      .swapLastAxes()
      .matmul(input(`g${t}`, [2, 7])),
  );
  const odd = input('x', [3, 6])
    .swapLastAxes()
    .matmul(input('g', [3, 7]));
  const sum = [...rest, odd].reduce((all, each) => all.add(each), first);
  const program = new Program({ outputs: { sum, first } });
  const feeds = new Map<string, TensorData>(
    frames.flatMap((t): [string, TensorData][] => [
      [`x${t}`, wholeNumbers(12, t)],
      [`g${t}`, wholeNumbers(14, t + 9)],
    ]),
  );
  feeds.set('x', wholeNumbers(18, 5)).set('g', wholeNumbers(21, 6));
  expect(interpreted(program, feeds, new Map())).toEqual(expected(program, feeds, new Map()));
  const { instructions, buffers } = lowerProgram(program);
  const products = instructions.flatMap((each) => (each.kind === 'matmul' ? [each] : []));
  // The first is wanted for itself, and one of another length is not worth a copy.
  expect(products.map(({ k }) => k).sort()).toEqual([2, 3, 8]);
  const alone = products.filter(({ k }) => k === 3).map(({ a }) => buffers[a.buffer].place.kind);
  expect(alone).toEqual(['input']);
});

test('operands of every frame are written where the one product of all frames reads them', () => {
  const w = variable('w', [6, 6]);
  const frames = Array.from({ length: 5 }, (_, t) => input(`x${t}`, [2, 6]));
  const states: Tensor[] = [];
  for (const x of frames) states.push(x.add(states.at(-1)?.matmul(w) ?? 0).tanh());
  const loss = states.reduce((sum, state) => sum.add(state.square().sum()), constant(0));
  const plan = lowerProgram(new Program({ outputs: { dw: grad(loss, [w])[0] } }));
  const products = plan.instructions.flatMap((each) => (each.kind === 'matmul' ? [each] : []));
  expect(products.filter(({ m, n }) => m === 6 && n === 6).map(({ k }) => k)).toEqual([8]);
  expect(loopsOf(plan).filter(({ code }) => code.length === 0)).toEqual([]);
});

test('a large operand that convolutions alone read is made by them, where what it is made from is wanted anyway', () => {
  const [x, w, u] = [input('x', [2, 3, 4]), variable('w', [2, 4, 4]), input('u', [2, 3, 4])];
  const z = x.conv(w, WINDOW);
  const scaled = z.mul(2).add(1);
  const y = scaled.conv(w, WINDOW);
  const gradient = scaled.convFilterGrad(u, w.shape, WINDOW);
  const made = (outputs: Record<string, Tensor>, leastMade = 1) => {
    const plan = lowerProgram(new Program({ outputs }), { leastMade });
    return plan.instructions.map((each) => ('first' in each && each.first ? each.first.code.length : 0));
  };
  // By both, from z, which the loop after its own convolution sums up.
  expect(made({ y, gradient, sum: z.square().sum() })).toEqual([0, 1, 1]);
  expect(made({ y, gradient, sum: z.square().sum() }, 25)).toEqual([0, 0, 0]);
  // Not where z would have to be stored for it, nor where another wants the operand itself.
  expect(made({ y, gradient })).toEqual([0, 0, 0]);
  expect(made({ y, gradient, sum: z.square().sum(), scaled })).toEqual([0, 0, 0]);
  // One of two.
  expect(made({ y: scaled.convFilterGrad(z.mul(3), w.shape, WINDOW), z })).toEqual([0, 1]);
});

test('a product that is only read transposed is made that way', () => {
  const [x, g, w] = [input('x', [5, 4]), input('g', [5, 3]), variable('w', [3, 4])];
  const gradient = x.swapLastAxes().matmul(g).swapLastAxes();
  const plan = lowerProgram(new Program({ updates: new Map([[w, w.sub(gradient.mul(0.1))]]) }));
  expect(kinds(plan)).toEqual(['matmul']);
  expect(plan.instructions[0]).toMatchObject({ m: 3, n: 4, k: 5 });
});

test('the gradient of a rectified layer reads the activation, not what was before it', () => {
  const [x, w, b, g] = [input('x', [8, 5]), variable('w', [5, 7]), variable('b', [7]), input('g', [8, 7])];
  const z = x.matmul(w).add(b);
  const y = z.relu();
  const plan = lowerProgram(new Program({ outputs: { y, dz: z.greater(0).where(g, 0) } }));
  expect(plan.instructions.length).toBe(1);
});

test('sums of what varies along kept axes only by a factor leave the factor out', () => {
  const [x, s] = [input('x', [64, 8]), input('s', [8])];
  const plan = lowerProgram(new Program({ outputs: { y: x.mul(s).neg().sum(0) } }));
  expect(loopsOf(plan).every(({ shape, code }) => sizeOf(shape) === 8 || code.length === 0)).toBe(true);
});

test('empty tensors need no instruction, and sums over nothing are 0', () => {
  const x = input('x', [0, 3]);
  const program = new Program({
    outputs: { none: x.add(1), zero: x.sum(0), product: input('a', [2, 0]).matmul(x) },
  });
  const feeds = new Map<string, TensorData>([
    ['x', new Float32Array(0)],
    ['a', new Float32Array(0)],
  ]);
  expect(interpreted(program, feeds, new Map())).toEqual(expected(program, feeds, new Map()));
  expect(kinds(lowerProgram(program)).every((kind) => kind === 'elementwise')).toBe(true);
});

test('more axes than the engine has are walked in parts', () => {
  const rank = 10;
  const x = input('x', Array(rank).fill(2));
  const turned = x.transpose([...Array(rank).keys()].reverse());
  const stretched = input(
    's',
    Array.from({ length: rank }, (_, i) => (i % 2 === 0 ? 2 : 1)),
  );
  const program = new Program({
    outputs: { turned, sum: turned.add(stretched), some: turned.sum([1, 3, 5, 7, 9]) },
  });
  const feeds = new Map([
    ['x', wholeNumbers(x.size, 1)],
    ['s', wholeNumbers(stretched.size, 2)],
  ]);
  expect(interpreted(program, feeds, new Map())).toEqual(expected(program, feeds, new Map()));
  for (const { shape } of loopsOf(lowerProgram(program))) expect(shape.length).toBeLessThanOrEqual(8);
});

test('a long chain with many operands is cut to what the registers hold', () => {
  const inputs = Array.from({ length: 70 }, (_, i) => input(`c${i}`, [40]));
  const chain = inputs.reduce((sum, x) => sum.max(x.neg()).add(x));
  const program = new Program({ outputs: { chain } });
  const feeds = new Map(inputs.map((_, i) => [`c${i}`, wholeNumbers(40, i)]));
  expect(interpreted(program, feeds, new Map())).toEqual(expected(program, feeds, new Map()));
  for (const { loads, constants } of loopsOf(lowerProgram(program))) {
    expect(loads.length + constants.length).toBeLessThanOrEqual(40);
  }
});
