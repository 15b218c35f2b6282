/** `vaekit compress FILE…`: samples as the bytes of their indices, and what that costs in bits and in likeness. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { meanOver } from '../evaluation/index.js';
import { type Compressed, compress, UNIFORM, writeFileWhole } from '../node/index.js';
import { encodePng, formatNumber, imagesOf } from '../pictures/index.js';
import { addDataFlags } from './dataFlags.js';
import { addEngineFlags } from './engineFlags.js';
import { addFlags, readFlags } from './flags.js';
import { type GivenSamples, numbersOf, openGiven } from './givenFiles.js';
import { columns, dim, note, ProgressBar, print, printJson } from './output.js';
import { type RunFlags, withRun } from './runFlags.js';

const compressOptions = z.object({
  prior: z
    .string()
    .optional()
    .describe(`one that vaekit fit-prior has fitted, or ${UNIFORM} (default: the best that is there)`),
});

const ENDING = '.vkc';

interface CompressFlags extends RunFlags {
  readonly run: string;
}

export function defineCompress(command: Command): void {
  command.argument('<files...>', 'pictures, or anything else that --data of other commands takes');
  command.option('--run <run>', 'a folder, a name in runs/, or last', 'last');
  command.option('-o, --output <file>', `file to write (default: the first name, with ${ENDING})`);
  command.option('--json', 'print one JSON object');
  addFlags(command, compressOptions, 'Code:');
  addDataFlags(command);
  addEngineFlags(command);
  command.action(async (files: string[], typed: CompressFlags) => {
    const { prior } = readFlags(compressOptions, typed);
    const output = typed.output ?? `${basename(files[0]).replace(/\.[^.]*$/, '')}${ENDING}`;
    await withRun(typed.run, typed, async (run) => {
      const samples = await openGiven(run, files, typed);
      try {
        const { names } = samples;
        const compressed = await compress(run, samples, { prior, names, onProgress: shownProgress() });
        await writeFileWhole(output, compressed.bytes);
        const { spec } = run.folder.config.data;
        const costs = await costsOf(compressed, samples, spec);
        if (typed.json) {
          printJson({ output, samples: samples.size, prior: compressed.prior, ...costs });
          return;
        }
        for (const line of table(output, samples.size, compressed.prior, costs)) print(line);
        if (compressed.prior === UNIFORM && prior === undefined)
          note(dim(`no prior is fitted: vaekit fit-prior ${typed.run} pixelcnn makes files smaller`));
      } finally {
        await samples.close();
      }
    });
  });
}

/** Shows how far coding has come. */
export function shownProgress(): (done: number, total: number) => void {
  let bar: ProgressBar | undefined;
  return (done, total) => {
    bar ??= new ProgressBar(total, 0);
    if (done < total) bar.update(done, 'rows of indices');
    else bar.end();
  };
}

interface Size {
  readonly bytes: number;
  readonly bitsPerDimension: number;
}

interface Costs {
  /** The whole file. */
  readonly compressed: Size;
  /** Of it, the indices. */
  readonly codes: Size;
  /** The files that were given. */
  readonly source?: Size;
  /** The same pictures as PNG. */
  readonly png?: Size;
  readonly meanSquaredError: number | null;
  /** dB, mean over pictures; null where one is as it was. */
  readonly psnr?: number | null;
}

async function costsOf(
  { bytes, codeBytes, squaredErrors }: Compressed,
  samples: GivenSamples,
  { kind, shape }: { readonly kind: string; readonly shape: readonly number[] },
): Promise<Costs> {
  const numbers = samples.size * numbersOf(shape);
  const sized = (length: number) => ({ bytes: length, bitsPerDimension: (8 * length) / numbers });
  const decibels = Array.from(squaredErrors, (error) => -10 * Math.log10(error));
  const mean = (values: Iterable<number>) => meanOver(values, { name: '', unit: '', estimator: '' }).value;
  return {
    compressed: sized(bytes.length),
    codes: sized(codeBytes),
    ...(samples.bytes === undefined ? {} : { source: sized(samples.bytes) }),
    ...(kind === 'image' ? { png: sized(await pngBytes(samples, shape)) } : {}),
    meanSquaredError: mean(squaredErrors),
    ...(kind === 'image' ? { psnr: mean(decibels) } : {}),
  };
}

/** Pictures that are read at a time. */
const CHUNK = 256;

/** What PNG takes, without loss, at the size that the run sees pictures in. */
async function pngBytes(
  samples: GivenSamples,
  [height, width, channels]: readonly number[],
): Promise<number> {
  let total = 0;
  for (let start = 0; start < samples.size; start += CHUNK) {
    const count = Math.min(CHUNK, samples.size - start);
    const { x: data } = await samples.read(start, count);
    for (const image of imagesOf({ data, shape: [count, height, width, channels] }))
      total += encodePng(image).length;
  }
  return total;
}

function table(output: string, count: number, prior: string, costs: Costs): string[] {
  const { compressed, codes, source, png, meanSquaredError, psnr } = costs;
  const row = (name: string, size: Size | undefined, what: string) =>
    size ? [[name, `${size.bytes} bytes`, `${formatNumber(size.bitsPerDimension, 4)} bits/dim`, what]] : [];
  const likeness = typeof psnr === 'number' ? `, PSNR ${formatNumber(psnr, 4)} dB` : '';
  return [
    ...columns([
      ...row('compressed', compressed, `${count} samples in ${output}`),
      ...row('codes', codes, `of these, indices under the prior ${prior}`),
      ...row('source', source, 'the files that were given'),
      ...row('png', png, 'the same pictures without loss'),
    ]),
    `decompressed, they differ by a mean squared error of ${formatNumber(meanSquaredError ?? 0, 4)}${likeness}`,
  ];
}
