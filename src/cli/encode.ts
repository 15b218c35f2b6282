/** `vaekit encode RUN`: the codes of samples, one row each, in the order and with the ids of the data. */
import type { Command } from 'commander';
import { z } from 'zod';
import { RandomStream } from '../random/index.js';
import { sizeOf } from '../tensor/index.js';
import { UsageError } from './errors.js';
import { addFlags, readFlags } from './flags.js';
import {
  chooseSamples,
  inFolder,
  loadFor,
  type RunFlags,
  runCommand,
  tell,
  withCommonFlags,
} from './runFlags.js';
import { ARRAY_ENDINGS, type NamedArray, writeArrays } from './writeArrays.js';

const encodeOptions = z.object({
  draws: z.number().int().nonnegative().default(0).describe('draws from each posterior, beside its mean'),
  seed: z.number().int().nonnegative().default(0).describe('key of the draws'),
});

/** Samples that are read at a time. */
const CHUNK = 4096;

export function encodeCommand(): Command {
  const command = runCommand(
    'encode',
    'write the codes of samples: posterior mean and log-variance, or the code itself',
    { data: true },
  ).requiredOption('-o, --output <file>', `file to write (${ARRAY_ENDINGS.join(', ')})`);
  addFlags(command, encodeOptions, 'Codes:');
  return withCommonFlags(command, { data: true }).action(
    async (name: string, typed: RunFlags & { output: string }) => {
      const { draws, seed } = readFlags(encodeOptions, typed);
      const run = await loadFor(name, typed);
      try {
        const samples = await chooseSamples(run, typed);
        const codes = new Gathered();
        for (let start = 0; start < samples.size; start += CHUNK) {
          const positions = Array.from(
            { length: Math.min(CHUNK, samples.size - start) },
            (_, i) => start + i,
          );
          const batch = await samples.read(positions);
          const { mean, logVar } = await run.model.encode(batch);
          codes.add('mean', mean);
          if (logVar) codes.add('logVar', logVar);
          if (batch.labels) codes.add('label', batch.labels);
        }
        const shape = run.model.codeShape;
        const arrays = codes.arrays(samples.size, shape);
        if (draws > 0)
          arrays.push(
            drawsOf(arrays, { count: samples.size, draws, seed, shape, system: run.folder.config.system }),
          );
        const ids = Array.from({ length: samples.size }, (_, i) => samples.idOf(i));
        await inFolder(typed.output);
        await writeArrays(typed.output, arrays, ids);
        await samples.dataset.close();
        tell(typed.output, typed.json, {
          samples: samples.size,
          code: shape,
          arrays: arrays.map((array) => array.name),
        });
      } finally {
        await run.close();
      }
    },
  );
}

/** Rows of several arrays, joined at the end. */
class Gathered {
  readonly #parts = new Map<string, (Float32Array | Int32Array)[]>();

  add(name: string, rows: Float32Array | Int32Array): void {
    this.#parts.set(name, [...(this.#parts.get(name) ?? []), rows]);
  }

  arrays(count: number, code: readonly number[]): NamedArray[] {
    return Array.from(this.#parts, ([name, parts]) => {
      const total = parts.reduce((length, part) => length + part.length, 0);
      const data = parts[0] instanceof Int32Array ? new Int32Array(total) : new Float32Array(total);
      let at = 0;
      for (const part of parts) {
        data.set(part, at);
        at += part.length;
      }
      return { name, data, shape: name === 'label' ? [count] : [count, ...code] };
    });
  }
}

interface DrawRequest {
  count: number;
  draws: number;
  seed: number;
  shape: readonly number[];
  system: string;
}

/** z = m + e^(s/2) ε, [count, draws, ...code]. */
function drawsOf(
  arrays: readonly NamedArray[],
  { count, draws, seed, shape, system }: DrawRequest,
): NamedArray {
  const valuesOf = (name: string) => arrays.find((array) => array.name === name)?.data;
  const [mean, logVar] = [valuesOf('mean'), valuesOf('logVar')];
  if (!mean || !logVar)
    throw new UsageError(
      `--draws: codes of ${system} are certain, so there is nothing to draw; leave it out`,
    );
  const size = sizeOf(shape);
  const noise = new RandomStream(seed, 'encode').normal(new Float32Array(count * draws * size));
  const data = noise.map((epsilon, i) => {
    const at = Math.floor(i / (draws * size)) * size + (i % size);
    return mean[at] + Math.exp(logVar[at] / 2) * epsilon;
  });
  return { name: 'draws', data, shape: [count, draws, ...shape] };
}
