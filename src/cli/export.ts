/** `vaekit export RUN`: the model as ONNX files that stand alone. */
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { exportRun, loadOrt } from '../node/index.js';
import { columns, print, printJson } from './output.js';
import { loadFor, type RunFlags, runCommand, withCommonFlags } from './runFlags.js';

export function exportCommand(): Command {
  const command = runCommand(
    'export',
    'write encoder, decoder and sampler as ONNX files, checked against the engine',
    { data: false },
  ).option('-o, --output <folder>', 'folder to write to (default: model/ of the run)');
  return withCommonFlags(command, { data: false }).action(async (name: string, typed: RunFlags) => {
    const run = await loadFor(name, typed);
    try {
      const folder = typed.output ?? run.folder.file('model');
      const files = await exportRun(run.model.runner, (await loadOrt()).ort, folder);
      if (typed.json) printJson({ output: folder, files });
      else {
        const rows = files.map(({ path, bytes, difference }) => [
          relative(process.cwd(), path),
          `${(bytes / 1e6).toFixed(2)} MB`,
          `largest difference from the engine ${difference.toPrecision(2)}`,
        ]);
        for (const line of columns(rows)) print(line);
        print(
          `Each file is explained by the JSON beside it: ${relative(process.cwd(), join(folder, 'encoder.json'))}`,
        );
      }
    } finally {
      await run.close();
    }
  });
}
