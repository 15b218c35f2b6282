/** The package as others install it: the files that npm would publish, beside the dependencies it declares. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Of the checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

export const manifest = z
  .object({
    name: z.string(),
    version: z.string(),
    bin: z.record(z.string(), z.string()),
    exports: z.record(z.string(), z.string()),
    scripts: z.record(z.string(), z.string()),
    dependencies: z.record(z.string(), z.string()),
    peerDependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(readJson(join(ROOT, 'package.json')));

/** Names that others import, such as `vaekit/nn`. */
export const entryPoints = Object.keys(manifest.exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => manifest.name + path.slice(1));

const listing = z.tuple([z.object({ files: z.array(z.object({ path: z.string() })) })]);

/** Paths of all files that would be published. */
export function packedFiles(): string[] {
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const json = execFileSync('npm', words, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    // On Windows npm is a script, which only a shell runs.
    shell: process.platform === 'win32',
  });
  const [{ files }] = listing.parse(JSON.parse(json));
  return files.map(({ path }) => path);
}

/**
 * Installs the package into `node_modules` of a folder, with its dependencies and, if wanted, its optional peers.
 *
 * @returns the folder of the package
 */
export async function installPackage(folder: string, { peers }: { peers: boolean }): Promise<string> {
  const modules = join(folder, 'node_modules');
  const installed = join(modules, manifest.name);
  for (const path of packedFiles()) {
    await mkdir(dirname(join(installed, path)), { recursive: true });
    await copyFile(join(ROOT, path), join(installed, path));
  }
  const names = Object.keys({ ...manifest.dependencies, ...(peers ? manifest.peerDependencies : {}) });
  for (const name of names) {
    const target = join(ROOT, 'node_modules', name);
    if (existsSync(target)) await symlink(target, join(modules, name), 'junction');
  }
  return installed;
}

/** Installs the native engine of this checkout into `node_modules` of a folder, as the package of this platform. */
export async function installNative(folder: string): Promise<void> {
  const name = `@vaekit/native-${process.platform}-${process.arch}`;
  const installed = join(folder, 'node_modules', name);
  await mkdir(installed, { recursive: true });
  await writeFile(join(installed, 'package.json'), JSON.stringify({ name, main: 'vaekit.node' }));
  await copyFile(join(ROOT, 'native/build/vaekit.node'), join(installed, 'vaekit.node'));
}
