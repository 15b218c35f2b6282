/** The package from the outside: what is published, imported, typed and run where nothing else is installed. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from './commandLine.js';
import { findingsIn } from './compiler.js';
import { nativeSets } from './engines.js';
import {
  entryPoints,
  installNative,
  installPackage,
  manifest,
  packedFiles,
  ROOT,
} from './installedPackage.js';

const files = packedFiles();
const sources = files.filter((path) => path.startsWith('src/'));
const scripts = files.filter((path) => path.endsWith('.js'));
const folder = await temporaryFolder('package');
const installed = await installPackage(folder, { peers: false });
const node = (...words: string[]) => promisify(execFile)(process.execPath, words, { cwd: folder });

test('sources are published with what they compile to, a README and a licence, and nothing that is for this checkout', () => {
  expect(sources.length).toBeGreaterThan(100);
  const compiled = sources.flatMap((path) => {
    const stem = path.replace(/^src\//, 'dist/').replace(/\.ts$/, '');
    return [`${stem}.js`, `${stem}.js.map`, `${stem}.d.ts`, `${stem}.d.ts.map`];
  });
  expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json', ...compiled]));
  expect(files.filter((path) => /\.test\.|tsbuildinfo|tsconfig|conformance/.test(path))).toEqual([]);
});

test('what is published imports only what the package declares', () => {
  const declared = [
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.peerDependencies),
    ...builtinModules.map((name) => `node:${name}`),
  ];
  const foreign = scripts.flatMap((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const specifiers = text.matchAll(
      /^(?:import|export)[^'"]*?from '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm,
    );
    return Array.from(specifiers, ([, fixed, dynamic]) => fixed ?? dynamic)
      .filter((name) => !declared.some((other) => name === other || name.startsWith(`${other}/`)))
      .map((name) => `${path} imports ${name}`);
  });
  expect(foreign).toEqual([]);
});

test('every entry point imports in Node without the optional peers, and exports something', async () => {
  const program = `
    const names = ${JSON.stringify(entryPoints)};
    const modules = await Promise.all(names.map((name) => import(name)));
    console.log(JSON.stringify(modules.map((exported) => Object.keys(exported).length)));`;
  await writeFile(join(folder, 'imports.mjs'), program);
  const counts: number[] = JSON.parse((await node('imports.mjs')).stdout);
  expect(Math.min(...counts)).toBeGreaterThan(5);
});

const usage = `
  import { fromTable, type Dataset } from 'vaekit';
  import { linear, relu, sequential, type Layer } from 'vaekit/nn';
  import { DiagonalNormal } from 'vaekit/probability';
  import { vae } from 'vaekit/systems';
  const table: Dataset = fromTable(new Float32Array(6), ['a', 'b']);
  const encoder: Layer = sequential(linear(8), relu);
  const options = vae.options.parse({ latent: table.size, encoder });
  const latent: number | undefined = options.latent;
  // @ts-expect-error a number is no name
  fromTable(new Float32Array(6), [1]);
  export const prior = DiagonalNormal.standard([1, latent ?? 1]);
`;
const usageInNode = `
  import { train, type TrainingRun } from 'vaekit/node';
  import { vae } from 'vaekit/systems';
  const run: TrainingRun = await train({ system: vae, data: 'glyphs', options: { latent: 2 } });
  // @ts-expect-error there is no such option
  await train({ system: vae, data: 'glyphs', options: { latents: 2 } });
  export const objectives: number[] = (await run.history()).metrics.map(({ objective }) => objective);
`;

test('every entry point has types, in a project for pages and in one for Node', async () => {
  const [pages, programs] = [join(folder, 'page.mts'), join(folder, 'program.mts')];
  const all = entryPoints.map((name, i) => `export * as m${i} from '${name}';`).join('\n');
  await writeFile(pages, usage);
  await writeFile(programs, `${usageInNode}\n${all}`);
  expect(findingsIn([pages])).toEqual([]);
  expect(findingsIn([programs], { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] })).toEqual(
    [],
  );
});

test('the program runs as npm links it, and trains without the optional peers', async () => {
  const bin = join(installed, manifest.bin.vaekit);
  expect(readFileSync(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect((await node(bin, '--version')).stdout).toBe(`${manifest.version}\n`);
  const words = ['train', 'ae', '--data', 'two-moons', '--steps', '2', '--out', 'run', '--json'];
  const { stdout } = await node(bin, ...words);
  expect(JSON.parse(stdout)).toMatchObject({ system: 'ae', runtime: 'onnxruntime-web', steps: 2 });
});

test.skipIf(nativeSets.length === 0)(
  'the native engine is taken from the package of this platform',
  async () => {
    const bin = join(installed, manifest.bin.vaekit);
    const nativeReport = async () => JSON.parse((await node(bin, 'doctor', '--json')).stdout).engines[0];
    expect(await nativeReport()).toMatchObject({
      works: false,
      problem: `@vaekit/native-${process.platform}-${process.arch} is not installed`,
    });
    await installNative(folder);
    expect(await nativeReport()).toMatchObject({
      works: true,
      info: { name: 'native', instructionSet: nativeSets[0], selfTest: { passed: true } },
    });
  },
);
