/** `vaekit export RUN`: the model as ONNX files that stand alone. */
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { exportRun, loadOrt } from '../node/index.js';
import { columns, print, printJson } from './output.js';
import { addCommonFlags, addRunFlags, type RunFlags, withRun } from './runFlags.js';

export function defineExport(command: Command): void {
  addRunFlags(command, { usesData: false });
  command.option('-o, --output <folder>', 'folder to write to (default: model/ of the run)');
  addCommonFlags(command, { usesData: false });
  command.action((name: string, typed: RunFlags) =>
    withRun(name, typed, async ({ model, folder: run }) => {
      const folder = typed.output ?? run.file('model');
      const files = await exportRun(model.runner, (await loadOrt()).ort, folder);
      if (typed.json) {
        printJson({ output: folder, files });
        return;
      }
      const rows = files.map(({ path, bytes, difference }) => [
        relative(process.cwd(), path),
        `${(bytes / 1e6).toFixed(2)} MB`,
        `largest difference from the engine ${difference.toPrecision(2)}`,
      ]);
      for (const line of columns(rows)) print(line);
      const explained = relative(process.cwd(), join(folder, 'encoder.json'));
      print(`Each file is explained by the JSON beside it, as in ${explained}`);
    }),
  );
}
