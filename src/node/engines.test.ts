import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { input, Program } from '../tensor/index.js';
import { describeEngines, openEngine } from './engines.js';

const folder = await mkdtemp(join(tmpdir(), 'vaekit-engines-'));
afterAll(() => rm(folder, { recursive: true }));

test('the best engine that works is opened, tested, and says what it is', async () => {
  const engine = await openEngine();
  expect(engine.info).toMatchObject({
    name: 'onnx',
    runtime: 'onnxruntime-node',
    selfTest: { passed: true },
  });
  expect(engine.info.notice).toBeUndefined();
  const x = input('x', [2]);
  const executable = await engine.compile(new Program({ outputs: { y: x.mul(2) } }));
  expect(await executable.run({ x: Float32Array.of(1, 2) })).toEqual({ y: Float32Array.of(2, 4) });
  await engine.dispose();
});

test.each([1, 2])('ONNX Runtime as WebAssembly computes the same, with %i threads', async (threads) => {
  const engine = await openEngine({ engine: 'onnx', runtime: 'onnxruntime-web', threads });
  expect(engine.info).toMatchObject({ runtime: 'onnxruntime-web', threads, selfTest: { passed: true } });
  await engine.dispose();
});

test('the reference engine opens when it is asked for', async () => {
  const engine = await openEngine({ engine: 'reference' });
  expect(engine.info).toMatchObject({ name: 'reference', threads: 1, selfTest: { passed: true } });
  await engine.dispose();
});

/** What a process prints that runs `statements` where some packages are not installed. */
async function withoutPackages(packages: readonly string[], statements: string): Promise<unknown> {
  const resolve = `export async function resolve(specifier, context, next) {
    if (!${JSON.stringify(packages)}.includes(specifier)) return next(specifier, context);
    throw Object.assign(new Error('not here'), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  const hooks = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(resolve))});`;
  const program = `
    import { openEngine } from ${JSON.stringify(new URL('./engines.js', import.meta.url).href)};
    const print = (value) => console.log(JSON.stringify(value));
    ${statements}`;
  const path = join(folder, `${packages.length}.mjs`);
  await writeFile(path, program);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', dataUrl(hooks), path]);
  return JSON.parse(stdout);
}

const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

test('without onnxruntime-node, WebAssembly computes, and the notice says why', async () => {
  const printed = withoutPackages(['onnxruntime-node'], 'print((await openEngine()).info)');
  expect(await printed).toMatchObject({
    runtime: 'onnxruntime-web',
    selfTest: { passed: true },
    notice:
      'onnxruntime-node is not installed (npm install onnxruntime-node); using onnxruntime-web instead, which is slower',
  });
});

test('without ONNX Runtime the reference engine serves, but not where the onnx engine was asked for', async () => {
  const printed = withoutPackages(
    ['onnxruntime-node', 'onnxruntime-web'],
    `const { info } = await openEngine();
    const error = await openEngine({ engine: 'onnx' }).catch((error) => error);
    print({ engine: info.name, notice: info.notice, error: error.name, message: error.message })`,
  );
  const reasons = ['onnxruntime-node', 'onnxruntime-web'].map(
    (name) => `${name} is not installed (npm install ${name})`,
  );
  expect(await printed).toEqual({
    engine: 'reference',
    notice: `${reasons.join('; ')}; using the reference engine instead, which is slower`,
    error: 'EngineError',
    message: `the onnx engine cannot be used: ${reasons.join('; ')}`,
  });
});

test('a number of threads that is none is refused', async () => {
  await expect(openEngine({ threads: 0 })).rejects.toThrow('threads: 0 is not a whole number from 1');
});

test('every engine of this machine is described, with its test and its times', async () => {
  const { cpu, engines } = await describeEngines(1);
  expect(cpu.cores).toBeGreaterThanOrEqual(1);
  expect(engines.map(({ works, info }) => [info.name, info.runtime, works])).toEqual([
    ['onnx', 'onnxruntime-node', true],
    ['onnx', 'onnxruntime-web', true],
    ['reference', undefined, true],
  ]);
});
