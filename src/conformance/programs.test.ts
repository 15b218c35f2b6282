import { describe, expect, test } from 'vitest';
import type { Engine, Values } from '../engine/index.js';
import {
  constant,
  input,
  Program,
  randomNormal,
  step,
  type Tensor,
  type TensorData,
  Variable,
} from '../tensor/index.js';
import { engines } from './engines.js';

const variable = (
  name: string,
  shape: readonly number[],
  dtype: 'float32' | 'int32' | 'uint8' | 'bool' = 'float32',
) => new Variable(name, shape, () => [], { dtype });

const list = (values: Values) => Array.from(values);

async function write(engine: Engine, values: Record<string, TensorData>): Promise<void> {
  await engine.variables.write(new Map(Object.entries(values)));
}

async function read(engine: Engine, ...names: string[]): Promise<number[][]> {
  const values = await engine.variables.read(names);
  return names.map((name) => Array.from(values.get(name) ?? []));
}

// Numbers here are floats that every engine represents exactly, so results are compared to the bit.
describe.each(engines.map((engine) => [engine.name, engine] as const))('%s', (_, { create }) => {
  test('updates are computed from the old values and take effect together', async () => {
    const engine = create();
    const [a, b] = [variable('a', []), variable('b', [])];
    const fibonacci = await engine.compile(
      new Program({
        outputs: { sum: a.add(b) },
        updates: new Map([
          [a, b],
          [b, a.add(b)],
        ]),
      }),
    );
    await write(engine, { a: Float32Array.of(0), b: Float32Array.of(1) });
    const { sum } = await fibonacci.run({}, { steps: 10 });
    expect(list(sum)).toEqual([1, 2, 3, 5, 8, 13, 21, 34, 55, 89]);
    expect(await read(engine, 'a', 'b')).toEqual([[55], [89]]);
    await engine.dispose();
  });

  test('steps are numbered from firstStep, and each takes its own part of what is stacked', async () => {
    const engine = create();
    const total = variable('total', [2]);
    const x = input('x', [2]);
    const run = await engine.compile(
      new Program({
        outputs: { number: step(), seen: x.add(total) },
        updates: new Map([[total, total.add(x)]]),
      }),
    );
    await write(engine, { total: Float32Array.of(0, 0) });
    const { number, seen } = await run.run(
      { x: Float32Array.of(1, 10, 2, 20, 3, 30) },
      { steps: 3, firstStep: 5 },
    );
    expect(list(number)).toEqual([5, 6, 7]);
    expect(list(seen)).toEqual([1, 10, 3, 30, 6, 60]);
    expect(await read(engine, 'total')).toEqual([[6, 60]]);
    await engine.dispose();
  });

  test('a program without updates makes several steps too', async () => {
    const engine = create();
    const x = input('x', [2]);
    const run = await engine.compile(
      new Program({ outputs: { y: x.mul(step().cast('float32')), noise: randomNormal('noise', [1]) } }),
    );
    const { y, noise } = await run.run({ x: Float32Array.of(1, 2, 3, 4) }, { steps: 2, firstStep: 10 });
    expect(list(y)).toEqual([10, 20, 33, 44]);
    const { noise: second } = await run.run({ x: Float32Array.of(0, 0) }, { firstStep: 11 });
    expect(noise[1]).toBe(second[0]);
    await engine.dispose();
  });

  test('noise depends on seed and step, not on how steps are cut into runs', async () => {
    const engine = create();
    const walk = variable('walk', [3]);
    const noise = randomNormal('noise', [3]);
    const run = await engine.compile(
      new Program({ outputs: { noise }, updates: new Map([[walk, walk.mul(0.9).add(noise)]]) }),
    );
    const start = { walk: new Float32Array(3) };
    const walked = async (cuts: readonly number[], seed: number) => {
      await write(engine, start);
      let firstStep = 0;
      for (const steps of cuts) {
        await run.run({}, { steps, firstStep, seed });
        firstStep += steps;
      }
      return read(engine, 'walk');
    };
    const whole = await walked([6], 3);
    expect(await walked([1, 1, 1, 1, 1, 1], 3)).toEqual(whole);
    expect(await walked([2, 3, 1], 3)).toEqual(whole);
    expect(await walked([6], 4)).not.toEqual(whole);
    await engine.dispose();
  });

  /** Adds x + noise + step number to a weight and counts; a step with a negative x is refused. */
  function guarded(): { program: Program; start: Record<string, TensorData> } {
    const [w, count] = [variable('w', [2]), variable('count', [], 'int32')];
    const x = input('x', [2]);
    const moved = w
      .mul(0.5)
      .add(x)
      .add(randomNormal('noise', [2]))
      .add(step().cast('float32'));
    const program = new Program({
      outputs: { seen: w, number: step() },
      updates: new Map([
        [w, moved],
        [count, count.add(1)],
      ]),
      guard: x.amin().greaterEqual(0),
    });
    return { program, start: { w: Float32Array.of(1, 2), count: Int32Array.of(0) } };
  }

  const patterns = ['+', '-', '-++++', '++++-', '+-+--+', '----', '++-++'];
  test.each(patterns)('steps that are refused leave every variable as it was: %s', async (pattern) => {
    const steps = [...pattern].map((sign) => sign === '+');
    const engine = create();
    const { program, start } = guarded();
    const run = await engine.compile(program);
    const x = Float32Array.from(steps.flatMap((good, i) => [i, good ? 1 : -1]));
    await write(engine, start);
    const { seen, number } = await run.run({ x }, { steps: steps.length, firstStep: 3, seed: 9 });
    const together = await read(engine, 'w', 'count');

    // The same, the good steps alone and one by one under their own numbers.
    await write(engine, start);
    const expected: number[] = [];
    for (const [i, good] of steps.entries()) {
      expected.push(...(await read(engine, 'w'))[0]);
      const options = { firstStep: 3 + i, seed: 9 };
      if (good) await run.run({ x: x.subarray(2 * i, 2 * i + 2) }, options);
    }
    expect(together).toEqual(await read(engine, 'w', 'count'));
    expect(together[1]).toEqual([steps.filter((good) => good).length]);
    expect(list(seen).map(Math.fround)).toEqual(expected);
    expect(list(number)).toEqual(steps.map((__, i) => 3 + i));
    await engine.dispose();
  });

  test('a NaN in the guard’s numbers refuses the step', async () => {
    const engine = create();
    const w = variable('w', [2]);
    const x = input('x', [2]);
    const next = w.add(x.relu());
    const run = await engine.compile(
      new Program({ outputs: {}, updates: new Map([[w, next]]), guard: next.square().sum().isFinite() }),
    );
    await write(engine, { w: Float32Array.of(1, 1) });
    const x3 = Float32Array.of(1, 1, Number.NaN, 1, 1, Infinity);
    await run.run({ x: x3 }, { steps: 3 });
    expect(await read(engine, 'w')).toEqual([[2, 2]]);
    await engine.dispose();
  });

  test('programs of one engine share variables by name', async () => {
    const engine = create();
    const w = variable('w', [2]);
    const train = await engine.compile(new Program({ updates: new Map([[w, w.add(1)]]) }));
    const other = variable('w', [2]);
    const apply = await engine.compile(new Program({ outputs: { y: input('x', [2]).mul(other) } }));
    await write(engine, { w: Float32Array.of(1, 2) });
    const seen: number[][] = [];
    for (let i = 0; i < 3; i++) {
      await train.run({}, { steps: 2 });
      seen.push(list((await apply.run({ x: Float32Array.of(1, 10) })).y));
    }
    expect(seen).toEqual([
      [3, 40],
      [5, 60],
      [7, 80],
    ]);
    await engine.dispose();
  });

  test('variables of two engines have nothing to do with each other', async () => {
    const [one, two] = [create(), create()];
    await write(one, { w: Float32Array.of(1) });
    await write(two, { w: Float32Array.of(2) });
    expect(await read(one, 'w')).toEqual([[1]]);
    await Promise.all([one.dispose(), two.dispose()]);
  });

  test('a variable may be written without being read, and read without being written', async () => {
    const engine = create();
    const [kept, last] = [variable('kept', []), variable('last', [2], 'int32')];
    const x = input('x', [2], 'int32');
    const run = await engine.compile(
      new Program({ outputs: { y: kept.mul(2) }, updates: new Map([[last, x]]) }),
    );
    await write(engine, { kept: Float32Array.of(4), last: Int32Array.of(0, 0) });
    const { y } = await run.run({ x: Int32Array.of(1, 2, 3, 4) }, { steps: 2 });
    expect(list(y)).toEqual([8, 8]);
    expect(await read(engine, 'last', 'kept')).toEqual([[3, 4], [4]]);
    await engine.dispose();
  });

  test('variables, inputs and outputs of every type keep it', async () => {
    const engine = create();
    const [n, u, b] = [variable('n', [2], 'int32'), variable('u', [2], 'uint8'), variable('b', [2], 'bool')];
    const run = await engine.compile(
      new Program({
        outputs: { n: n.add(1), u, b: b.not() },
        updates: new Map<Variable, Tensor>([
          [n, n.mul(2)],
          [u, input('u', [2], 'uint8')],
          [b, b.not()],
        ]),
      }),
    );
    await write(engine, { n: Int32Array.of(1, -2), u: Uint8Array.of(3, 255), b: Uint8Array.of(0, 1) });
    const outputs = await run.run({ u: Uint8Array.of(7, 8) });
    expect(outputs).toEqual({ n: Int32Array.of(2, -1), u: Uint8Array.of(3, 255), b: Uint8Array.of(1, 0) });
    const values = await engine.variables.read(['n', 'u', 'b']);
    expect([...values.values()]).toEqual([Int32Array.of(2, -4), Uint8Array.of(7, 8), Uint8Array.of(1, 0)]);
    await engine.dispose();
  });

  test('no name of a variable, input, stream or output gets in the way of another', async () => {
    const engine = create();
    const names = [
      'w',
      "w'",
      'w@now',
      'now:w',
      'updated:w',
      'steps',
      'firstStep',
      'guard',
      'constant_0',
      'é Ω/.',
    ];
    const updates = new Map<Variable, Tensor>();
    const outputs: Record<string, Tensor> = {};
    for (const name of names) {
      const w = variable(name, []);
      updates.set(w, w.add(input(name, [])));
      outputs[name] = w.mul(2).add(randomNormal(name, []).mul(0)).add(step().cast('float32').mul(0));
    }
    const run = await engine.compile(new Program({ outputs, updates, guard: constant(1, 'bool') }));
    await write(engine, Object.fromEntries(names.map((name, i) => [name, Float32Array.of(i)])));
    const result = await run.run(
      Object.fromEntries(names.map((name, i) => [name, Float32Array.of(100 * i)])),
    );
    expect(names.map((name) => result[name][0])).toEqual(names.map((__, i) => 2 * i));
    expect(await read(engine, ...names)).toEqual(names.map((__, i) => [101 * i]));
    await engine.dispose();
  });

  test('what the caller passes is not changed, and what it gets is its own', async () => {
    const engine = create();
    const w = variable('w', [2]);
    const x = input('x', [2]);
    const run = await engine.compile(new Program({ outputs: { w, x }, updates: new Map([[w, w.add(x)]]) }));
    const start = Float32Array.of(1, 2);
    await write(engine, { w: start });
    start[0] = 99;
    const fed = Float32Array.of(10, 20);
    const { w: before, x: same } = await run.run({ x: fed });
    expect([list(before), list(same), list(fed)]).toEqual([
      [1, 2],
      [10, 20],
      [10, 20],
    ]);
    const values = await engine.variables.read(['w']);
    values.get('w')?.fill(0);
    before.fill(0);
    expect(await read(engine, 'w')).toEqual([[11, 22]]);
    await engine.dispose();
  });

  test('numbers of another type are converted to the input’s', async () => {
    const engine = create();
    const run = await engine.compile(
      new Program({ outputs: { y: input('x', [2]).mul(2), m: input('n', [2], 'int32').add(1) } }),
    );
    const { y, m } = await run.run({ x: Float64Array.of(0.5, 1.5), n: Uint8Array.of(1, 255) });
    expect([list(y), list(m)]).toEqual([
      [1, 3],
      [2, 256],
    ]);
    await engine.dispose();
  });

  test('runs, reads and writes that are not waited for take turns', async () => {
    const engine = create();
    const w = variable('w', []);
    const run = await engine.compile(new Program({ updates: new Map([[w, w.mul(2).add(1)]]) }));
    const results = await Promise.all([
      write(engine, { w: Float32Array.of(0) }),
      run.run({}, { steps: 2 }),
      run.run({}, { steps: 3 }),
      read(engine, 'w'),
      write(engine, { w: Float32Array.of(100) }),
      run.run(),
      read(engine, 'w'),
    ]);
    expect([results[3], results[6]]).toEqual([[[31]], [[201]]]);
    await engine.dispose();
  });

  test('feeds that are missing or of the wrong length are named', async () => {
    const engine = create();
    const w = variable('w', []);
    const x = input('x', [2, 3]);
    const run = await engine.compile(new Program({ outputs: { y: x }, updates: new Map([[w, w.add(1)]]) }));
    await write(engine, { w: Float32Array.of(0) });
    await expect(run.run()).rejects.toThrow("run: input 'x' of shape [2, 3] was not fed; fed: nothing");
    await expect(run.run({ z: new Float32Array(6) })).rejects.toThrow(
      "run: input 'x' of shape [2, 3] was not fed; fed: z",
    );
    await expect(run.run({ x: new Float32Array(5) })).rejects.toThrow(
      "run: input 'x' has 5 values but shape [2, 3] takes 6",
    );
    await expect(run.run({ x: new Float32Array(6) }, { steps: 2 })).rejects.toThrow(
      "run: input 'x' has 6 values but shape [2, 2, 3] takes 12",
    );
    expect(await read(engine, 'w')).toEqual([[0]]);
    await engine.dispose();
  });

  test('a variable without a value, or with one of the wrong length, is named', async () => {
    const engine = create();
    const [w, unread] = [variable('layer.w', [2, 2]), variable('unread', [])];
    const run = await engine.compile(
      new Program({ outputs: { y: w }, updates: new Map([[unread, constant(1)]]) }),
    );
    const missing = (name: string) => `variable '${name}' has no value yet; write its initial value first`;
    await expect(run.run()).rejects.toThrow(missing('layer.w'));
    await expect(engine.variables.read(['layer.w'])).rejects.toThrow(missing('layer.w'));
    await write(engine, { 'layer.w': new Float32Array(3) });
    await expect(run.run()).rejects.toThrow(
      "variable 'layer.w' was written with 3 values but its shape [2, 2] takes 4",
    );
    await write(engine, { 'layer.w': new Float32Array(4) });
    await expect(run.run()).rejects.toThrow(missing('unread'));
    await engine.dispose();
  });

  test('steps and seeds that are none are refused', async () => {
    const engine = create();
    const run = await engine.compile(new Program({ outputs: { number: step() } }));
    for (const steps of [0, -1, 1.5]) {
      await expect(run.run({}, { steps })).rejects.toThrow(
        `run: steps is ${steps}; it is a whole number from 1`,
      );
    }
    await expect(run.run({}, { firstStep: -1 })).rejects.toThrow(
      'run: 1 steps from -1 on are not all numbered from 0 to 2147483647',
    );
    await expect(run.run({}, { steps: 2, firstStep: 2 ** 31 - 1 })).rejects.toThrow(
      'run: 2 steps from 2147483647 on are not all numbered from 0 to 2147483647',
    );
    await expect(run.run({}, { seed: 0.5 })).rejects.toThrow(
      'run: seed is 0.5; it is a whole number from 0 to 9007199254740991',
    );
    const { number } = await run.run({}, { firstStep: 2 ** 31 - 1 });
    expect(list(number)).toEqual([2 ** 31 - 1]);
    await engine.dispose();
  });

  test('a run that fails in the middle leaves the variables, and the engine goes on', async () => {
    const engine = create();
    const w = variable('w', []);
    const row = input('row', [1], 'int32');
    const picked = constant([10, 20, 30]).gather(row).sum();
    const run = await engine.compile(
      new Program({ outputs: { picked }, updates: new Map([[w, w.add(picked)]]) }),
    );
    await write(engine, { w: Float32Array.of(1) });
    await expect(run.run({ row: Int32Array.of(0, 3, 0) }, { steps: 3 })).rejects.toThrow();
    expect(await read(engine, 'w')).toEqual([[1]]);
    await run.run({ row: Int32Array.of(2, 0) }, { steps: 2 });
    expect(await read(engine, 'w')).toEqual([[41]]);
    await engine.dispose();
  });

  test('a run whose signal is aborted leaves the variables', async () => {
    const engine = create();
    const w = variable('w', []);
    const run = await engine.compile(new Program({ updates: new Map([[w, w.add(1)]]) }));
    await write(engine, { w: Float32Array.of(1) });
    const reason = new Error('enough');
    await expect(run.run({}, { signal: AbortSignal.abort(reason) })).rejects.toThrow('enough');
    expect(await read(engine, 'w')).toEqual([[1]]);
    await engine.dispose();
  });

  test('a matrix that several products read is that of its step in each of them', async () => {
    const engine = create();
    const [x, w] = [input('x', [1, 3]), variable('w', [3, 3])];
    const [twice, back] = [x.matmul(w).matmul(w), x.matmul(w.swapLastAxes()).matmul(w.swapLastAxes())];
    const run = await engine.compile(
      new Program({ outputs: { twice, back }, updates: new Map([[w, w.mul(2)]]) }),
    );
    await write(engine, { w: Float32Array.of(1, 2, 0, 0, 1, 3, 1, 0, 1) });
    const results = await run.run({ x: Float32Array.of(1, 1, 1, 1, 1, 1) }, { steps: 2 });
    expect(list(results.twice)).toEqual([6, 7, 13, 24, 28, 52]);
    expect(list(results.back)).toEqual([11, 10, 5, 44, 40, 20]);
    await engine.dispose();
  });

  test('large products that turn both operands, one of which they share, are exact in whole numbers', async () => {
    const engine = create();
    const [rows, columns, length] = [130, 230, 260];
    const whole = (size: number, factor: number) =>
      Float32Array.from({ length: size }, (_, i) => ((i * factor) % 7) - 3);
    const values = { a: whole(length * rows, 5), c: whole(length * rows, 3), w: whole(columns * length, 11) };
    const w = variable('w', [columns, length]).swapLastAxes();
    const product = (name: string) => input(name, [length, rows]).swapLastAxes().matmul(w);
    const run = await engine.compile(new Program({ outputs: { ofA: product('a'), ofC: product('c') } }));
    await write(engine, { w: values.w });
    const { ofA, ofC } = await run.run({ a: values.a, c: values.c });
    const expected = (left: Float32Array) =>
      Array.from({ length: rows * columns }, (_, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        let sum = 0;
        for (let k = 0; k < length; k++) sum += left[k * rows + row] * values.w[column * length + k];
        return sum;
      });
    expect(list(ofA)).toEqual(expected(values.a));
    expect(list(ofC)).toEqual(expected(values.c));
    await engine.dispose();
  });

  test('what has been disposed of says so, and disposing twice does nothing', async () => {
    const engine = create();
    const program = new Program({ outputs: { y: constant(1).add(input('x', [])) } });
    const [one, two] = [await engine.compile(program), await engine.compile(program)];
    const feeds = { x: Float32Array.of(1) };
    await one.dispose();
    await one.dispose();
    await expect(one.run(feeds)).rejects.toThrow('run: this executable has been disposed of');
    expect(list((await two.run(feeds)).y)).toEqual([2]);
    await engine.dispose();
    await engine.dispose();
    await two.dispose();
    for (const call of [
      () => two.run(feeds),
      () => engine.compile(program),
      () => engine.variables.read([]),
    ]) {
      await expect(call()).rejects.toThrow('this engine has been disposed of');
    }
  });

  test('one tensor may be several outputs', async () => {
    const engine = create();
    const x = input('x', [2]);
    const run = await engine.compile(new Program({ outputs: { a: x, b: x, zeros: x.stopGradient() } }));
    const { a, b, zeros } = await run.run({ x: Float32Array.of(1, 2) });
    expect([a, b, zeros].map(list)).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    await engine.dispose();
  });
});
