import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, vaekit } from '../conformance/commandLine.js';
import { nativeSets } from '../conformance/engines.js';
import { longFeeds, longProgram } from '../conformance/longRun.js';
import { quotedUrl, runModule } from '../conformance/processes.js';
import { initialValues, type Values } from '../engine/index.js';
import { NativeEngine } from '../engine/native/engine.js';
import { lowerProgram } from '../engine/native/lower.js';
import { loopOf } from '../engine/native/memory.js';
import type { Plan } from '../engine/native/plan.js';
import { constant, input, Program, sizeOf, Variable } from '../tensor/index.js';
import { benchCases } from './bench/cases.js';
import { buildStep } from './bench/measure.js';
import { AddonRunner, loadAddon, MOST_THREADS } from './native.js';
import { requireMemory } from './planMemory.js';

const root = await temporaryFolder('native-memory');
const open = (threads = 2) => new NativeEngine(new AddonRunner({ threads }));

async function openLong() {
  const engine = open(1);
  await engine.variables.write(new Map([['w', Float32Array.of(0)]]));
  return { engine, executable: await engine.compile(longProgram()) };
}

const count = async (engine: NativeEngine) => (await engine.variables.read(['w'])).get('w')?.[0];

describe.skipIf(nativeSets.length === 0)('the compiled engine', () => {
  test('this thread stays free while others compute', async () => {
    const { engine, executable } = await openLong();
    let ticks = 0;
    const ticker = setInterval(() => ticks++, 1);
    await executable.run(longFeeds(4), { steps: 4 });
    clearInterval(ticker);
    expect(ticks).toBeGreaterThan(3);
    expect(await count(engine)).toBe(4);
    await engine.dispose();
  });

  test('a run that is aborted ends between two steps and leaves no trace', async () => {
    const { engine, executable } = await openLong();
    const stop = new AbortController();
    const feeds = longFeeds(60);
    const begun = executable.run(feeds, { steps: 60, signal: stop.signal });
    const waiting = executable.run(feeds, { steps: 60, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 50);
    const started = performance.now();
    await expect(begun).rejects.toThrow('enough');
    await expect(waiting).rejects.toThrow('enough');
    const alone = performance.now();
    expect(await count(engine)).toBe(0);
    await executable.run(feeds, { steps: 60 });
    expect(alone - started).toBeLessThan(performance.now() - alone);
    expect(await count(engine)).toBe(60);
    await engine.dispose();
  });

  test.each([
    ['mlp-vae', 0.3],
    ['conv-vae-celeba', 0.25],
    ['gru-belief', 0.45],
  ])('most elementwise work of %s is done by loops of several lines', (name, most) => {
    const [bench] = benchCases.filter((each) => each.name === name);
    const { step } = buildStep(bench);
    const plan = lowerProgram(step.program);
    const runner = new AddonRunner({ threads: 1 });
    runner.write(initialValues(step.state, 0));
    const { loops } = runner.load(plan);
    let [lines, passes] = [0, 0];
    for (const [i, instruction] of plan.instructions.entries()) {
      const loop = loopOf(instruction);
      if (!loop) continue;
      lines += loop.code.length * sizeOf(loop.shape);
      passes += loops[i] * sizeOf(loop.shape);
    }
    expect(passes / lines).toBeLessThan(most);
    runner.close();
  });

  test('a run writes into the results of an earlier one where it is given them and they fit', async () => {
    const engine = open();
    const x = input('x', [2]);
    const executable = await engine.compile(new Program({ outputs: { y: x.add(1), sum: x.sum() } }));
    const first = await executable.run({ x: Float32Array.of(1, 2) });
    const second = await executable.run({ x: Float32Array.of(3, 4) }, { into: first });
    expect(second.y).toBe(first.y);
    expect([...second.y, ...second.sum]).toEqual([4, 5, 7]);
    const unfit = { y: new Float32Array(3), sum: new Float64Array(1) };
    const third = await executable.run({ x: Float32Array.of(5, 6) }, { into: unfit });
    expect([...third.y, ...third.sum]).toEqual([6, 7, 11]);
    expect([...unfit.y, ...unfit.sum]).toEqual([0, 0, 0, 0]);
    await engine.dispose();
  });

  test('the caller keeps its arrays, whatever buffer they show a part of', async () => {
    const engine = open();
    const x = input('x', [2, 2], 'uint8');
    const executable = await engine.compile(new Program({ outputs: { y: x.cast('int32').add(1) } }));
    const pooled = Buffer.from([1, 2, 3, 4]);
    const part = new Uint8Array(100).fill(7).subarray(10, 14);
    const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(9);
    for (const values of [pooled, part, shared]) {
      const expected = Int32Array.from(values, (value) => value + 1);
      for (const steps of [1, 1])
        expect(await executable.run({ x: values }, { steps })).toEqual({ y: expected });
    }
    await engine.dispose();
  });

  test('a variable that was written as another type is converted to the program’s', async () => {
    const engine = open();
    const w = new Variable('w', [2], () => []);
    const executable = await engine.compile(new Program({ outputs: { y: w.mul(2) } }));
    for (const values of [Int32Array.of(1, 2), Uint8Array.of(1, 2), Float64Array.of(1, 2)]) {
      await engine.variables.write(new Map([['w', values]]));
      expect(await executable.run()).toEqual({ y: Float32Array.of(2, 4) });
      expect((await engine.variables.read(['w'])).get('w')).toEqual(Float32Array.of(1, 2));
    }
    await engine.dispose();
  });

  test('an index outside the rows is named as the reference names it', async () => {
    const engine = open();
    const at = input('at', [1], 'int32');
    const rows = constant([1, 2, 3]);
    const gather = await engine.compile(new Program({ outputs: { y: rows.gather(at) } }));
    const scatter = await engine.compile(new Program({ outputs: { y: constant([1]).scatterAdd(at, 3) } }));
    for (const index of [3, -1]) {
      const feeds = { at: Int32Array.of(index) };
      await expect(gather.run(feeds)).rejects.toThrow(`gather: index ${index} is outside 3 rows`);
      await expect(scatter.run(feeds)).rejects.toThrow(`scatterAdd: index ${index} is outside 3 rows`);
    }
    await engine.dispose();
  });

  test('an index outside the rows in the last of several steps leaves the variables as they were', async () => {
    const w = new Variable('w', [3], () => [1, 2, 3]);
    const next = new Variable('next', [1], () => [1], { dtype: 'int32' });
    const fed = input('fed', [1], 'int32');
    const made = input('fed', [1]).cast('int32').add(1);
    const guarded = new Program({
      outputs: { w },
      updates: new Map([[w, w.add(w.gather(fed))]]),
      guard: input('isWanted', [], 'bool'),
    });
    const moved = (at: typeof fed) => {
      return new Map([
        [w, w.add(w.gather(at))],
        [next, next.add(1)],
      ]);
    };
    const cases: { program: Program; feeds: Record<string, Values> }[] = [
      {
        program: new Program({ outputs: { w }, updates: moved(fed) }),
        feeds: { fed: Int32Array.of(0, 2, 3) },
      },
      {
        program: new Program({ outputs: { w }, updates: moved(made) }),
        feeds: { fed: Float32Array.of(-1, 1, 2) },
      },
      { program: new Program({ outputs: { w }, updates: moved(next) }), feeds: {} },
      { program: guarded, feeds: { fed: Int32Array.of(0, 2, 3), isWanted: Uint8Array.of(1, 1, 1) } },
    ];
    for (const { program, feeds } of cases) {
      const engine = open();
      await engine.variables.write(initialValues([w, next], 0));
      const executable = await engine.compile(program);
      await expect(executable.run(feeds, { steps: 3 })).rejects.toThrow('gather: index 3 is outside 3 rows');
      const left = await engine.variables.read(['w', 'next']);
      expect([...(left.get('w') ?? []), ...(left.get('next') ?? [])]).toEqual([1, 2, 3, 1]);
      await engine.dispose();
    }
  });

  test('threads and instruction sets that are none are refused', () => {
    for (const threads of [0, -1, 1.5, Number.NaN, MOST_THREADS + 1]) {
      expect(() => new AddonRunner({ threads })).toThrow('threads is not a whole number from 1 to 256');
    }
    expect(() => new AddonRunner({ threads: 1, instructionSet: 'mmx' })).toThrow(
      "this machine has no instruction set 'mmx'",
    );
  });

  test('what is no engine, executable or array is refused', () => {
    const addon: Record<string, (...args: unknown[]) => unknown> = { ...loadAddon() } as never;
    const engine = addon.openEngine(1);
    const names = Object.keys(addon).filter((name) => name !== 'codeOps' && name !== 'instructionSets');
    const wrong = [
      undefined,
      null,
      1,
      'x',
      {},
      [],
      new Float32Array(1),
      engine,
      () => 1,
      Symbol('s'),
      2 ** 40,
    ];
    for (const name of names.filter(
      (each) => !['openEngine', 'describe', 'cancel', 'close'].includes(each),
    )) {
      for (const first of wrong) {
        for (const second of wrong) {
          expect(() => addon[name](first, second, second, second, second, second), name).toThrow(Error);
        }
      }
    }
    addon.close(engine);
    expect(() => addon.describe(engine)).toThrow('this engine has been disposed of');
  });

  test('a plan that needs more memory than there is is refused with its largest parts', async () => {
    const x = input('x', [1 << 20, 64]);
    const huge = x
      .exp()
      .reshape([64, 1 << 20])
      .transpose([1, 0])
      .matmul(x.exp().reshape([64, 1 << 20]));
    const engine = open();
    await expect(engine.compile(new Program({ outputs: { y: huge.exp().sum() } }))).rejects.toThrow(
      /^a step needs .* GiB of memory \(.*, the largest of it .* 4096\.0 GiB.*\), and .* are free; take a smaller batch or model$/,
    );
    await engine.dispose();
  });

  test('a training that needs more memory than there is leaves no folder behind, and exits with 2', async () => {
    const words = ['train', 'vae', '--data', 'sprites', '--architecture', 'resnet', '--engine', 'native'];
    const { code, stderr } = await vaekit(root, [...words, '--batch-size', '500000', '--out', 'huge']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^vaekit: a step needs .* are free; take a smaller batch or model\n$/);
    expect(existsSync(join(root, 'huge'))).toBe(false);
  });

  test('a plan that fits is not refused', () => {
    const plan: Plan = {
      buffers: [],
      instructions: [],
      arenaLines: 16,
      constants: new Uint8Array(64),
      inputs: [],
      outputs: [],
      variables: [
        { name: 'a', dtype: 'float32', size: 256, written: false },
        { name: 'b', dtype: 'uint8', size: 512, written: true },
      ],
    };
    const needed = 1024 + 64 + 1024;
    requireMemory(plan, (name) => name === 'b', needed);
    expect(() => requireMemory(plan, (name) => name === 'b', needed - 1)).toThrow('a step needs');
    expect(() => requireMemory(plan, () => false, needed)).toThrow('a step needs');
  });

  const opening = `
    import { input, Program } from ${quotedUrl('tensor/index.js')};
    import { NativeEngine } from ${quotedUrl('engine/native/engine.js')};
    import { AddonRunner } from ${quotedUrl('node/native.js')};
    const begin = async () => {
      const engine = new NativeEngine(new AddonRunner({ threads: 2 }));
      const x = input('x', [500, 500]);
      const executable = await engine.compile(new Program({ outputs: { y: x.matmul(x).matmul(x).sum() } }));
      const steps = 100;
      return { engine, run: executable.run({ x: new Float32Array(steps * 500 * 500) }, { steps }) };
    };
    const { engine, run } = await begin();
    await new Promise((wake) => setTimeout(wake, 20));`;
  /** Runs statements in a process of their own, with an engine and a run on its way that takes a while. */
  const inProcess = (statements: string) => runModule(`${opening}\n${statements}`, ['--expose-gc']);

  test('a process waits for a run, and then ends by itself though the engine is open', async () => {
    const ended = await inProcess('run.then(({ y }) => console.log(y.length))');
    expect(ended).toEqual({ code: 0, stdout: '100\n', stderr: '' });
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

  test('engines that nobody closes are collected', async () => {
    const ended = await inProcess(`
      await run;
      for (let i = 0; i < 300; i++) {
        new AddonRunner({ threads: 4 });
        if (i % 50 === 0) { gc(); await new Promise((wake) => setTimeout(wake)); }
      }
      console.log('done');`);
    expect(ended).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
  });

  test('a worker that is terminated during a run takes it along', async () => {
    const program = `${opening}
      import { parentPort } from 'node:worker_threads';
      parentPort.postMessage('at work');`;
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
      await once(worker, 'message');
      expect(await worker.terminate()).toBe(1);
    }
  });
});
