import { expect, test } from 'vitest';
import { constant, input, Program, randomUniform, step, Variable } from '../../tensor/index.js';
import { evaluate, ReferenceEngine } from './engine.js';

test('evaluate computes in float64 what a caller has values for', () => {
  const x = input('x', [2]);
  const w = new Variable('w', [2], () => [0, 0]);
  const values = { x: Float64Array.of(0.1, 0.2), w: Float64Array.of(3, 1e-12) };
  expect(evaluate([x.mul(w), x.add(w)], { values }).map((list) => [...list])).toEqual([
    [0.1 * 3, 0.2 * 1e-12],
    [3.1, 0.2 + 1e-12],
  ]);
  expect(() => evaluate([x])).toThrow("run: input 'x' of shape [2] was not fed; fed: nothing");
});

test('evaluate draws the noise of the seed and step it is given', () => {
  const u = randomUniform('u', [4]);
  const draw = (seed: number, at: number) =>
    evaluate([u, step()], { seed, step: at }).map((list) => [...list]);
  expect(draw(1, 2)).toEqual(draw(1, 2));
  expect(draw(1, 2)[0]).not.toEqual(draw(1, 3)[0]);
  expect(draw(1, 2)[1]).toEqual([2]);
});

test('variables keep float64 between steps and are rounded when they are read', async () => {
  const engine = new ReferenceEngine();
  const w = new Variable('w', [], () => [0]);
  const run = await engine.compile(new Program({ outputs: { w }, updates: new Map([[w, w.add(2 ** -40)]]) }));
  await engine.variables.write(new Map([['w', Float64Array.of(1)]]));
  const outputs = await run.run({}, { steps: 3 });
  expect([...outputs.w]).toEqual([1, 1 + 2 ** -40, 1 + 2 ** -39]);
  expect((await engine.variables.read(['w'])).get('w')).toEqual(Float32Array.of(1));
});

test('a long run lets timers go on, and stops between steps when its signal is aborted, keeping nothing', async () => {
  const engine = new ReferenceEngine();
  const w = new Variable('w', [], () => [0]);
  const slow = constant(1)
    .broadcastTo([200, 200])
    .matmul(constant(1).broadcastTo([200, 200]))
    .amax();
  const run = await engine.compile(new Program({ updates: new Map([[w, w.add(slow)]]) }));
  await engine.variables.write(new Map([['w', Float32Array.of(0)]]));
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 100);
  const endless = run.run({}, { steps: 1_000_000, signal: controller.signal });
  await expect(endless).rejects.toThrow('enough');
  expect((await engine.variables.read(['w'])).get('w')).toEqual(Float32Array.of(0));
});

test('an index outside the rows is an error that names it', () => {
  const rows = constant([1, 2, 3]);
  for (const index of [3, -1]) {
    const at = constant([index], 'int32');
    expect(() => evaluate([rows.gather(at)])).toThrow(`gather: index ${index} is outside 3 rows`);
    expect(() => evaluate([constant([1]).scatterAdd(at, 3)])).toThrow(
      `scatterAdd: index ${index} is outside 3 rows`,
    );
  }
});

test('a convolution is what it is by hand', () => {
  const x = constant([1, 2, 3, 4], 'float32', [1, 4, 1]);
  const w = constant([1, 10, 100, 1000], 'float32', [2, 1, 2]);
  const plain = { strides: [1], dilations: [1], padding: [[0, 0] as const], groups: 1 };
  // Filter 0 is (1, 100), filter 1 is (10, 1000); filters lie beside each other.
  expect([...evaluate([x.conv(w, plain)])[0]]).toEqual([201, 2010, 302, 3020, 403, 4030]);
  const wide = { ...plain, strides: [2], dilations: [2], padding: [[1, 2] as const] };
  // Positions −1, 1 and 3, each with its tap two further on.
  expect([...evaluate([x.conv(w, wide)])[0]]).toEqual([200, 2000, 402, 4020, 4, 40]);
});
