/** The `model/` folder of a run: ONNX files, checked against the engine, with a JSON beside each that explains it. */
import { join } from 'node:path';
import type { OrtModule } from '../../engine/index.js';
import {
  checkParity,
  type ExportedModel,
  exportModels,
  type ModelRunner,
  PARITY_BATCHES,
} from '../../inference/index.js';
import { writeFileWhole, writeJsonWhole } from '../files.js';
import { makeFolder } from './makeFolder.js';

export interface ExportedFile {
  readonly name: ExportedModel['name'];
  readonly path: string;
  readonly bytes: number;
  /** Largest difference from what the engine computes: relative for floats, in levels for bytes. */
  readonly difference: number;
}

/**
 * Writes encoder, decoder and, where there is a prior, sampler into a folder.
 *
 * @throws Error if a file would compute something else than the engine
 */
export async function exportRun(
  runner: ModelRunner,
  ort: OrtModule,
  folder: string,
): Promise<ExportedFile[]> {
  await makeFolder(folder);
  const files: ExportedFile[] = [];
  for (const model of await exportModels(runner)) {
    const { name, bytes, inputs, outputs } = model;
    const difference = await checkParity(runner, ort, model);
    const path = join(folder, `${name}.onnx`);
    await writeFileWhole(path, bytes);
    await writeJsonWhole(join(folder, `${name}.json`), {
      file: `${name}.onnx`,
      system: runner.settings.system.name,
      batch: 'the first axis of every input and output is the batch, of any length',
      inputs,
      outputs,
      parity: { with: runner.settings.engine.name, batches: PARITY_BATCHES, largestDifference: difference },
    });
    files.push({ name, path, bytes: bytes.length, difference });
  }
  return files;
}
