import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { nativeSets } from '../conformance/engines.js';
import { input, Program } from '../tensor/index.js';
import { describeEngines, openEngine } from './engines.js';

const folder = await mkdtemp(join(tmpdir(), 'vaekit-engines-'));
afterAll(() => rm(folder, { recursive: true }));

const [fastestSet] = nativeSets;
const native = { name: 'native', instructionSet: fastestSet, selfTest: { passed: true } };
const onnx = { name: 'onnx', runtime: 'onnxruntime-node', selfTest: { passed: true } };

test.each([
  ['auto', fastestSet === undefined ? onnx : native],
  ['onnx', onnx],
] as const)(
  'the best engine that works for %s is opened, tested, and says what it is',
  async (name, info) => {
    const engine = await openEngine({ engine: name });
    expect(engine.info).toMatchObject(info);
    expect(engine.info.notice).toBeUndefined();
    const x = input('x', [2]);
    const executable = await engine.compile(new Program({ outputs: { y: x.mul(2) } }));
    expect(await executable.run({ x: Float32Array.of(1, 2) })).toEqual({ y: Float32Array.of(2, 4) });
    await engine.dispose();
  },
);

test.skipIf(fastestSet === undefined)(
  'the native engine takes the instruction set that it is told, if the machine has it',
  async () => {
    for (const wanted of [...nativeSets, 'of another machine']) {
      const engine = await openEngine({ engine: 'native', instructionSet: wanted, threads: 1 });
      const instructionSet = nativeSets.includes(wanted) ? wanted : fastestSet;
      expect(engine.info).toMatchObject({ ...native, instructionSet, threads: 1 });
      await engine.dispose();
    }
  },
);

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

/** Takes the native engine away, or breaks it. */
const ADDON_IS = {
  missing: `
    const exists = fs.existsSync;
    fs.existsSync = (path) => !String(path).endsWith('vaekit.node') && exists(path);
    syncBuiltinESMExports();`,
  broken: `
    fs.existsSync = () => true;
    syncBuiltinESMExports();
    process.dlopen = () => { throw new Error('wrong kind of file'); };`,
};

interface Machine {
  /** Packages that are not installed. */
  readonly without?: readonly string[];
  /** @default 'missing' */
  readonly addon?: keyof typeof ADDON_IS;
}

/** What a process prints that runs `statements` on a machine that lacks something. */
async function onMachine({ without = [], addon = 'missing' }: Machine, statements: string): Promise<unknown> {
  const resolve = `export async function resolve(specifier, context, next) {
    if (!${JSON.stringify(without)}.includes(specifier)) return next(specifier, context);
    throw Object.assign(new Error('not here'), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  const hooks = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(resolve))});`;
  const program = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    ${ADDON_IS[addon]}
    const { openEngine, describeEngines } = await import(${JSON.stringify(new URL('./engines.js', import.meta.url).href)});
    const print = (value) => console.log(JSON.stringify(value));
    ${statements}`;
  const path = join(folder, `${without.length}-${addon}.mjs`);
  await writeFile(path, program);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', dataUrl(hooks), path]);
  return JSON.parse(stdout);
}

const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

test('without onnxruntime-node, WebAssembly computes, and the notice says why', async () => {
  const printed = onMachine({ without: ['onnxruntime-node'] }, 'print((await openEngine()).info)');
  expect(await printed).toMatchObject({
    runtime: 'onnxruntime-web',
    selfTest: { passed: true },
    notice:
      'onnxruntime-node is not installed (npm install onnxruntime-node); using onnxruntime-web instead, which is slower',
  });
});

test('without the native engine ONNX Runtime computes, and nothing is said of it where it just is not there', async () => {
  const printed = onMachine({}, 'print((await openEngine()).info)');
  expect(await printed).toMatchObject(onnx);
  expect(await printed).not.toHaveProperty('notice');
});

test('a native engine that does not load gives way to ONNX Runtime with a notice, but not where it was asked for', async () => {
  const printed = await onMachine(
    { addon: 'broken' },
    `const { info } = await openEngine();
    const error = await openEngine({ engine: 'native' }).catch((error) => error);
    print({ info, error: error.name, message: error.message })`,
  );
  const problem =
    /vaekit\.node does not load \(wrong kind of file\); build it again with node native\/build\.js --required/;
  expect(printed).toMatchObject({
    info: {
      ...onnx,
      notice: expect.stringMatching(/^the native engine does not work: .*; using onnxruntime-node instead/),
    },
    error: 'EngineError',
    message: expect.stringMatching(
      /^the native engine cannot be used: .*; engine auto takes one that works$/,
    ),
  });
  expect(JSON.stringify(printed)).toMatch(problem);
});

test('where there is no native engine, its report says what to do', async () => {
  const { engines } = (await onMachine(
    { without: ['onnxruntime-web'] },
    'print(await describeEngines(1))',
  )) as Awaited<ReturnType<typeof describeEngines>>;
  expect(engines[0]).toEqual({
    works: false,
    info: { name: 'native' },
    problem:
      'it is not built; node native/build.js --required builds it with a C++ compiler, or says what it lacks',
  });
});

test('without ONNX Runtime the reference engine serves, but not where the onnx engine was asked for', async () => {
  const printed = onMachine(
    { without: ['onnxruntime-node', 'onnxruntime-web'] },
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
  for (const threads of [0, 2.5, 1000]) {
    await expect(openEngine({ threads })).rejects.toThrow(
      `threads: ${threads} is not a whole number from 1 to 256`,
    );
  }
});

test('every engine of this machine is described, with its test and its times', async () => {
  const { cpu, engines } = await describeEngines(1);
  expect(cpu.cores).toBeGreaterThanOrEqual(1);
  expect(engines.map(({ works, info }) => [info.name, info.runtime, works])).toEqual([
    ['native', undefined, fastestSet !== undefined],
    ['onnx', 'onnxruntime-node', true],
    ['onnx', 'onnxruntime-web', true],
    ['reference', undefined, true],
  ]);
});
