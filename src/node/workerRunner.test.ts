import { expect, test } from 'vitest';
import { longFeeds, longProgram } from '../conformance/longRun.js';
import { quotedUrl, runModule } from '../conformance/processes.js';
import type { Engine } from '../engine/index.js';
import { localRunner, OnnxEngine } from '../engine/onnx/engine.js';
import { grad, input, Program, randomNormal, Variable } from '../tensor/index.js';
import { loadOrt } from './ort.js';
import { workerRunner } from './workerRunner.js';

const open = async () => new OnnxEngine(await workerRunner({ threads: 1 }));

/** Noisy gradient descent on ‖xw − y‖², which gives the weights before each step and the loss. */
function descent(): Program {
  const x = input('x', [4, 3]);
  const y = input('y', [4, 2]);
  const w = new Variable('w', [3, 2], () => new Float32Array(6));
  const loss = x.matmul(w).sub(y).square().sum();
  const [gradient] = grad(loss, [w]);
  const noise = randomNormal('langevin', w.shape).mul(0.01);
  return new Program({ outputs: { loss, w }, updates: new Map([[w, w.sub(gradient.mul(0.05)).add(noise)]]) });
}

const STEPS = 6;
const weights = () => new Map([['w', Float32Array.of(1, -1, 0.5, 2, 0, -0.25)]]);
const feeds = () => ({
  x: Float32Array.from({ length: STEPS * 12 }, (_, i) => Math.sin(i)),
  y: Float32Array.from({ length: STEPS * 8 }, (_, i) => Math.cos(i)),
});

async function trained(engine: Engine) {
  await engine.variables.write(weights());
  const executable = await engine.compile(descent());
  const outputs = await executable.run(feeds(), { steps: STEPS, seed: 3 });
  return { outputs, ...Object.fromEntries(await engine.variables.read(['w'])) };
}

test('a training run through the worker is bit for bit the one in this thread', async () => {
  const { ort } = await loadOrt();
  const local = new OnnxEngine(localRunner(ort, { threads: 1 }));
  const remote = await open();
  expect(await trained(remote)).toEqual(await trained(local));
  await remote.dispose();
});

test('the caller keeps its arrays, whatever buffer they show a part of', async () => {
  const engine = await open();
  const x = input('x', [2, 2], 'uint8');
  const executable = await engine.compile(new Program({ outputs: { y: x.cast('int32').add(1) } }));
  const pooled = Buffer.from([1, 2, 3, 4]);
  const part = new Uint8Array(100).fill(7).subarray(10, 14);
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(9);
  for (const values of [pooled, part, shared]) {
    const expected = Int32Array.from(values, (value) => value + 1);
    expect(await executable.run({ x: values })).toEqual({ y: expected });
    expect(await executable.run({ x: values })).toEqual({ y: expected });
  }
  const written = weights();
  await engine.variables.write(written);
  expect(written).toEqual(weights());
  const [first, second] = [await engine.variables.read(['w']), await engine.variables.read(['w'])];
  first.get('w')?.fill(0);
  expect(second).toEqual(weights());
  await engine.dispose();
});

test('errors of the worker arrive as they are, and it works on after them', async () => {
  const engine = await open();
  await expect(engine.variables.read(['missing'])).rejects.toThrow(
    "variable 'missing' has no value yet; write its initial value first",
  );
  const broken = {
    bytes: Uint8Array.of(1, 2, 3),
    manifest: { loops: false, readsStep: false, inputs: {}, outputs: {}, variables: {}, random: [] },
  };
  await expect(engine.link.load(broken)).rejects.toThrow(/protobuf|model/i);
  await engine.variables.write(weights());
  expect(await engine.variables.read(['w'])).toEqual(weights());
  await engine.dispose();
});

test('two engines at once have each their own variables', async () => {
  const engines = await Promise.all([open(), open()]);
  await Promise.all(engines.map((engine, i) => engine.variables.write(new Map([['v', Int32Array.of(i)]]))));
  const values = await Promise.all(engines.map((engine) => engine.variables.read(['v'])));
  expect(values.map((value) => value.get('v'))).toEqual([Int32Array.of(0), Int32Array.of(1)]);
  const [a, b] = await Promise.all(engines.map(trained));
  expect(a).toEqual(b);
  await Promise.all(engines.map((engine) => engine.dispose()));
});

test('this thread stays free while the worker computes', async () => {
  const engine = await open();
  await engine.variables.write(new Map([['w', Float32Array.of(0)]]));
  const executable = await engine.compile(longProgram());
  let ticks = 0;
  const ticker = setInterval(() => ticks++, 1);
  await executable.run(longFeeds(3), { steps: 3 });
  clearInterval(ticker);
  expect(ticks).toBeGreaterThan(3);
  await engine.dispose();
});

test('a run whose signal is aborted before its turn leaves no trace; one that has begun is made whole', async () => {
  const engine = await open();
  await engine.variables.write(new Map([['w', Float32Array.of(0)]]));
  const executable = await engine.compile(longProgram());
  const stop = new AbortController();
  const begun = executable.run(longFeeds(3), { steps: 3, signal: stop.signal });
  const waiting = executable.run(longFeeds(3), { steps: 3, signal: stop.signal });
  setTimeout(() => stop.abort(new Error('enough')));
  await expect(waiting).rejects.toThrow('enough');
  expect((await begun).y).toHaveLength(3);
  expect(await engine.variables.read(['w'])).toEqual(new Map([['w', Float32Array.of(3)]]));
  await engine.dispose();
});

test('closing during a run rejects what is on its way, and what comes later', async () => {
  const link = await workerRunner({ threads: 1 });
  const engine = new OnnxEngine(link);
  await engine.variables.write(new Map([['w', Float32Array.of(0)]]));
  const executable = await engine.compile(longProgram());
  const run = executable.run(longFeeds(3), { steps: 3 });
  const failure = expect(run).rejects.toThrow('the engine has stopped: it was closed');
  await new Promise((wake) => setTimeout(wake));
  await Promise.all([link.close(), link.close()]);
  await failure;
  await expect(link.read(['w'])).rejects.toThrow('the engine has stopped: it was closed');
});

/** Runs statements in a process of their own, with an engine and a run on its way that takes a while. */
const inProcess = (statements: string) =>
  runModule(`
    import { input, Program } from ${quotedUrl('tensor/index.js')};
    import { OnnxEngine } from ${quotedUrl('engine/onnx/engine.js')};
    import { workerRunner } from ${quotedUrl('node/workerRunner.js')};
    const engine = new OnnxEngine(await workerRunner({ threads: 1 }));
    const x = input('x', [2000, 2000]);
    const executable = await engine.compile(new Program({ outputs: { y: x.matmul(x).matmul(x).sum() } }));
    const run = executable.run({ x: new Float32Array(2000 * 2000) });
    await new Promise((wake) => setTimeout(wake, 20));
    ${statements}`);

test('a process waits for a run, and then ends by itself though the engine is open', async () => {
  const ended = await inProcess(`run.then(({ y }) => console.log(y[0]))`);
  expect(ended).toEqual({ code: 0, stdout: '0\n', stderr: '' });
});

test('a process that exits during a run ends with the code it gave', async () => {
  expect(await inProcess('process.exit(130)')).toEqual({ code: 130, stdout: '', stderr: '' });
});

test('an error that nobody catches during a run is what a process ends with', async () => {
  const { code, stderr } = await inProcess(`throw new Error('of the program')`);
  expect(code).toBe(1);
  expect(stderr).toContain('of the program');
  expect(stderr).not.toContain('terminate called');
});

test('an engine that is closed during a run lets the process go', async () => {
  const closing = `run.catch((error) => console.log(error.message)); await engine.link.close();`;
  expect(await inProcess(closing)).toEqual({
    code: 0,
    stdout: 'the engine has stopped: it was closed\n',
    stderr: '',
  });
});
