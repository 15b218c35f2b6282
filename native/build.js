/**
 * Builds the native engine into native/build/vaekit.node with the C++ compiler of this machine: $CXX, or the first of
 * c++, g++ and clang++ that is there.
 *
 *   node native/build.js              says in one line why it could not, and ends well all the same
 *   node native/build.js --required   shows what the compiler said, and ends with 2
 *   node native/build.js --tests      builds the programs of native/test/ as well, into native/build/tests/
 *
 * VAEKIT_NATIVE=0 keeps it from being built. Whatever was built from the same sources in the same way is used again.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { include_dir as nodeHeaders } from 'node-api-headers';

const native = fileURLToPath(new URL('./', import.meta.url));
const build = join(native, 'build');
const addon = join(build, 'vaekit.node');
const stamp = join(build, 'stamp');

const COMMON = [
  '-std=c++17',
  '-O3',
  '-DNDEBUG',
  '-fPIC',
  '-pthread',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
];
const PLAIN = [...COMMON, '-fno-exceptions', '-fno-rtti'];
// Elementwise code rounds alike wherever a block or a vector begins: what is fused into one rounding says so itself.
const KERNELS = [...PLAIN, '-fno-math-errno', '-fno-trapping-math', '-ffp-contract=off'];
// All symbols are looked up when the addon is loaded: one that is missing is an error then, not a crash later.
const LINK =
  process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-Wl,-z,now'];

/**
 * What the kernels are compiled for. The baseline is linked first: of an inline function that several files have, the
 * linker keeps the first, and that must be one that every processor runs.
 */
const INSTRUCTION_SETS = [
  { name: 'baseline', lanes: 4, flags: [] },
  ...(process.arch === 'x64'
    ? [
        { name: 'avx2', lanes: 8, flags: ['-mavx2', '-mfma'] },
        {
          name: 'avx512',
          lanes: 16,
          flags: [
            '-mavx512f',
            '-mavx512bw',
            '-mavx512dq',
            '-mavx512vl',
            '-mfma',
            '-mprefer-vector-width=512',
          ],
        },
      ]
    : []),
];

/** Why there is no engine, in a few words, and all that the compiler said. */
class BuildError extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}

const isRequired = process.argv.includes('--required') || process.argv.includes('--tests');
try {
  await main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  // An engine of other sources than these is none.
  rmSync(addon, { force: true });
  if (error.output && isRequired) console.error(error.output);
  const remedy = isRequired ? '' : '; vaekit computes with ONNX Runtime instead';
  console.error(`native engine: not built, because ${error.message}${remedy}`);
  if (isRequired) process.exitCode = 2;
}

async function main() {
  if (process.env.VAEKIT_NATIVE === '0') throw new BuildError('VAEKIT_NATIVE is 0');
  if (process.platform === 'win32') throw new BuildError('it is not made for Windows yet');
  const compiler = await findCompiler();
  const started = performance.now();
  const engine = engineJobs();
  const binding = { source: 'node/binding.cpp', flags: [...COMMON, `-I${nodeHeaders}`] };
  const objects = await compileAll(compiler, [...engine, binding], join(build, 'objects'));
  const isNew = await link(compiler, objects);
  if (process.argv.includes('--tests')) await buildTests(compiler, objects.slice(0, engine.length));
  if (!isNew) return;
  const seconds = Math.round((performance.now() - started) / 1000);
  const sets = INSTRUCTION_SETS.map(({ name }) => name).join(', ');
  console.error(`native engine: built for ${sets} with ${compiler.version} in ${seconds} s`);
}

async function findCompiler() {
  const names = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
  for (const name of names) {
    const [program, ...words] = name.split(/\s+/).filter(Boolean);
    try {
      const { stdout } = await promisify(execFile)(program, [...words, '--version']);
      return { program, words, version: stdout.split('\n')[0] };
    } catch {
      // The next one, then.
    }
  }
  throw new BuildError(
    process.env.CXX
      ? `the compiler that CXX names, ${process.env.CXX}, does not run`
      : 'there is no C++ compiler (c++, g++ or clang++); install one and run node native/build.js',
  );
}

/** Everything that knows nothing of Node, the baseline first. */
function engineJobs() {
  const plain = sourcesIn('src').map((source) => ({ source, flags: PLAIN }));
  const kernels = INSTRUCTION_SETS.flatMap(({ name, lanes, flags }) =>
    sourcesIn('src/kernels').map((source) => ({
      source,
      set: name,
      flags: [...KERNELS, `-DVAEKIT_ISA=${name}`, `-DVAEKIT_LANES=${lanes}`, ...flags],
    })),
  );
  return [...plain, ...kernels];
}

function sourcesIn(folder) {
  const names = existsSync(join(native, folder)) ? readdirSync(join(native, folder)) : [];
  return names
    .filter((name) => name.endsWith('.cpp'))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** Compiles what is not there yet, on all processors, and gives the objects in the order of the jobs. */
async function compileAll(compiler, jobs, folder) {
  mkdirSync(folder, { recursive: true });
  const objects = jobs.map((job) => join(folder, objectName(compiler, job)));
  const waiting = objects.keys();
  const work = async () => {
    for (const i of waiting) {
      if (existsSync(objects[i])) continue;
      const { source, flags } = jobs[i];
      await make(compiler, [...flags, '-c', join(native, source)], objects[i], source);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.o') && !objects.includes(join(folder, name))) rmSync(join(folder, name));
  }
  return objects;
}

/** Says in its name what an object was made of. */
function objectName(compiler, { source, set, flags }) {
  const hash = createHash('sha256').update(JSON.stringify([compiler, process.arch, flags]));
  for (const path of withIncludes(join(native, source))) hash.update(readFileSync(path)).update('\0');
  const stem = [set, basename(source, '.cpp')].filter(Boolean).join('-');
  return `${stem}-${hash.digest('hex').slice(0, 16)}.o`;
}

/** A source and all of ours that it includes. */
function withIncludes(path, known = new Set()) {
  if (known.has(path) || !existsSync(path)) return known;
  known.add(path);
  for (const [, name] of readFileSync(path, 'utf8').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm))
    withIncludes(join(dirname(path), name), known);
  return known;
}

/** Whether something was left to do. */
async function link(compiler, objects) {
  const made = createHash('sha256').update(
    JSON.stringify([compiler, LINK, objects.map((path) => basename(path))]),
  );
  const hash = made.digest('hex');
  if (existsSync(addon) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return false;
  await make(compiler, ['-pthread', ...LINK, ...objects], addon, 'the addon');
  writeFileSync(stamp, hash);
  return true;
}

/** Programs of their own, each of one source, that look at the engine without Node. */
async function buildTests(compiler, engine) {
  const folder = join(build, 'tests');
  const jobs = sourcesIn('test').map((source) => ({ source, flags: PLAIN }));
  const objects = await compileAll(compiler, jobs, folder);
  for (const [i, { source }] of jobs.entries())
    await make(compiler, ['-pthread', ...engine, objects[i]], join(folder, basename(source, '.cpp')), source);
}

/** Runs the compiler. What it makes appears whole or not at all. */
async function make({ program, words }, flags, result, what) {
  const unfinished = `${result}.${process.pid}`;
  try {
    await promisify(execFile)(program, [...words, ...flags, '-o', unfinished], { maxBuffer: 2 ** 26 });
    renameSync(unfinished, result);
  } catch ({ message, stderr }) {
    rmSync(unfinished, { force: true });
    const fault = /error:? (.*)/.exec(stderr ?? '')?.[1] ?? message.split('\n')[0];
    const name = what.endsWith('.cpp') ? relative(process.cwd(), join(native, what)) : what;
    throw new BuildError(`${program} failed on ${name} (${fault})`, stderr);
  }
}
