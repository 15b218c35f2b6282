/** `vaekit encode RUN`: the codes of samples, one row each, in the order and with the ids of the data. */
import { extname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { TrainedModel } from '../inference/index.js';
import { RandomStream } from '../random/index.js';
import { sizeOf } from '../tensor/index.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import {
  addCommonFlags,
  addRunFlags,
  type ChosenSamples,
  type RunFlags,
  requireDataFor,
  tell,
  withRun,
  withSamples,
} from './runFlags.js';
import { ARRAY_ENDINGS, type NamedArray, requireArrayEnding, writeArrays } from './writeArrays.js';

const encodeOptions = z.object({
  draws: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('draws from each posterior, beside its mean (default: none)'),
  seed: z.number().int().nonnegative().optional().describe('key of the draws (default: 0)'),
});

const LABEL = 'label';
/** Samples that are read at a time. */
const CHUNK = 4096;

export function defineEncode(command: Command): void {
  addRunFlags(command, { usesData: true });
  command.requiredOption('-o, --output <file>', `file to write (${ARRAY_ENDINGS.join(', ')})`);
  addFlags(command, encodeOptions, 'Codes:');
  addCommonFlags(command, { usesData: true });
  command.action(async (name: string, typed: RunFlags & { output: string }) => {
    const { draws, seed } = readFlags(encodeOptions, typed);
    const { output } = typed;
    requireArrayEnding(output);
    if (draws === undefined && seed !== undefined)
      throw new UsageError('--seed has no effect without --draws; leave it out');
    if (draws !== undefined && extname(output).toLowerCase() === '.npy')
      throw new UsageError('--draws has no effect on an .npy file, which holds one array; write an .npz');
    requireDataFor(typed);
    await withRun(name, typed, ({ model, ...run }) =>
      withSamples({ model, ...run }, typed, async (samples) => {
        const arrays = await encodeAll(model, samples);
        if (draws !== undefined) {
          const [mean, logVar] = ['mean', 'logVar'].map((each) =>
            arrays.find((array) => array.name === each),
          );
          if (!mean || !logVar)
            throw new UsageError(
              '--draws: codes of this run are certain, so there is nothing to draw; leave it out',
            );
          arrays.push(drawsOf(mean, logVar, { draws, seed }));
        }
        const ids = Array.from({ length: samples.size }, (_, i) => samples.idOf(i));
        await writeArrays(output, arrays, ids);
        tell(output, typed.json, {
          samples: samples.size,
          code: model.codeShape,
          arrays: arrays.map((array) => array.name),
        });
      }),
    );
  });
}

/** Codes of all samples, and their classes where they have any. */
async function encodeAll(model: TrainedModel, samples: ChosenSamples): Promise<NamedArray[]> {
  const arrays: NamedArray[] = [];
  const put = (name: string, start: number, rows: Float32Array | Int32Array, row: readonly number[]) => {
    let array = arrays.find((each) => each.name === name);
    if (!array) {
      const length = samples.size * sizeOf(row);
      const shape = [samples.size, ...row];
      array =
        rows instanceof Int32Array
          ? {
              name,
              data: new Int32Array(length),
              shape,
              ...(name === LABEL ? { names: samples.classes } : {}),
            }
          : { name, data: new Float32Array(length), shape };
      arrays.push(array);
    }
    array.data.set(rows, start * sizeOf(row));
  };
  for (let start = 0; start < samples.size; start += CHUNK) {
    const count = Math.min(CHUNK, samples.size - start);
    const batch = await samples.read(Array.from({ length: count }, (_, i) => start + i));
    const { mean, logVar, indices = [] } = await model.encode(batch);
    put('mean', start, mean, model.codeShape);
    if (logVar) put('logVar', start, logVar, model.codeShape);
    for (const { name, map, values } of indices) put(name, start, values, map.shape);
    if (batch.labels) put(LABEL, start, batch.labels, []);
  }
  return arrays;
}

/** z = m + e^(s/2) ε, [count, draws, ...code]. */
function drawsOf(
  { data: mean, shape: [count, ...code] }: NamedArray,
  { data: logVar }: NamedArray,
  { draws, seed = 0 }: { draws: number; seed?: number },
): NamedArray {
  const size = sizeOf(code);
  const noise = new RandomStream(seed, 'encode').normal(new Float32Array(count * draws * size));
  const data = noise.map((epsilon, i) => {
    const at = Math.floor(i / (draws * size)) * size + (i % size);
    return mean[at] + Math.exp(logVar[at] / 2) * epsilon;
  });
  return { name: 'draws', data, shape: [count, draws, ...code] };
}
