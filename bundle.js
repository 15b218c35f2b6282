/**
 * Puts the command line into a few files, dist/bin: started from the hundreds of modules that it is written in, Node looks
 * for these longer than a small model takes to its first step. The library stays as it is, for its users' own bundlers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const bundle = await rolldown({
  cwd: import.meta.dirname,
  // What starts as a thread or process of its own is looked for beside the file that starts it, by these names;
  // peers compares what users start, so that it begins here as well.
  input: {
    vaekit: 'dist/cli/main.js',
    engineWorker: 'dist/node/engineWorker.js',
    dataWorker: 'dist/node/data/dataWorker.js',
    child: 'dist/node/bench/child.js',
    peers: 'dist/node/bench/peers.js',
  },
  platform: 'node',
  external: [/^onnxruntime/, 'sharp'],
  plugins: [{ name: 'notices', generateBundle: emitNotices }],
});
// As deep below the package as dist/node, from where the addon and package.json are looked for.
await bundle.write({ dir: 'dist/bin', cleanDir: true, chunkFileNames: '[name].js' });

/** The licences of what is in the files and was written by others, as these ask for. */
function emitNotices() {
  const inside = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;
  const folders = new Set([...this.getModuleIds()].map((id) => inside.exec(id)?.[0]).filter(Boolean));
  const texts = [...folders].sort().map((folder) => {
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence to go with dist/bin`);
    return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  this.emitFile({ type: 'asset', fileName: 'NOTICES.txt', source: texts.join('\n\n') });
}
