/**
 * `npm run docs:systems`: writes the generated parts of docs/systems anew.
 *
 *   NAME…       these systems (default: all, and the index)
 *   --figures   trains the example of each page, and takes the picture from its run
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { writeFileWhole } from '../node/index.js';
import { findSystem, systems } from '../systems/index.js';
import { manifest, ROOT } from './installedPackage.js';
import { commandsOf } from './shownCommands.js';
import { figurePath, INDEX, pagePath, regenerated } from './systemPages.js';

const { values, positionals } = parseArgs({
  options: { figures: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const names =
  positionals.length > 0 ? positionals.map((name) => findSystem(name).name) : systems.map(({ name }) => name);
if (values.figures) for (const name of names) await drawFigure(name);
for (const name of positionals.length > 0 ? names : [INDEX, ...names]) {
  const page = await readFile(pagePath(name), 'utf8');
  await writeFileWhole(pagePath(name), Buffer.from(regenerated(name, page)));
}

/** Trains the first example of a page in a folder of its own, and keeps the picture of the run. */
async function drawFigure(name: string): Promise<void> {
  const lines = (await readFile(pagePath(name), 'utf8')).split('\n');
  const command = lines
    .flatMap(commandsOf)
    .find(([first, verb]) => first === manifest.name && verb === 'train');
  if (!command) throw new Error(`${pagePath(name)} shows no vaekit train; show an example`);
  process.stderr.write(`${command.join(' ')}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'vaekit-docs-'));
  try {
    const words = [join(ROOT, manifest.bin.vaekit), ...command.slice(1), '--out', 'run'];
    await promisify(execFile)(process.execPath, words, { cwd: folder });
    const drawn = join(folder, 'run', 'pictures', 'overview.png');
    if (!existsSync(drawn))
      throw new Error(
        `${name}: a run of its example has no overview; only runs on pictures and clouds have one`,
      );
    await mkdir(dirname(figurePath(name)), { recursive: true });
    await copyFile(drawn, figurePath(name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
