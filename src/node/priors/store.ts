/**
 * Fitted priors of a run, each in one file that is there whole or not at all:
 *
 *   RUN/priors/NAME/prior.safetensors   weights, moments of the codes, and in its metadata what it is
 *
 * A prior says nothing about codes of other weights than those it was fitted on, so it carries their hash.
 */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../data/index.js';
import {
  describeGrids,
  describeVectors,
  type FittedPrior,
  findPrior,
  type Prior,
} from '../../priors/index.js';
import { nearestName, OptionError } from '../../systems/index.js';
import type { TensorData } from '../../tensor/index.js';
import type { StoredTensor } from '../../training/index.js';
import { readCheckpoint, writeCheckpoint } from '../checkpointFile.js';
import { checkOptions } from '../runs/checkOptions.js';
import { makeFolder } from '../runs/makeFolder.js';
import type { RunFolder } from '../runs/runFolder.js';

/** Raised when the meaning of the file changes; older ones are then brought up to it. */
const FORMAT = 1;
const FILE = 'prior.safetensors';
const WEIGHT = 'prior.';
const MEAN = 'codes.mean';
const DEVIATION = 'codes.deviation';

const shape = z.array(z.number().int());
const recordSchema = z.object({
  format: z.literal(FORMAT),
  /** Version of vaekit that wrote it. */
  vaekit: z.string(),
  created: z.string(),
  prior: z.string(),
  options: z.record(z.string(), z.unknown()),
  seed: z.number(),
  /** Hash of the weights whose codes it was fitted on. */
  model: z.string(),
  /** Numbers that say how the fit went. */
  facts: z.record(z.string(), z.number()),
  codes: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('vectors'),
      shape,
      stored: z.enum(['means', 'draws', 'posteriors']),
      classes: z.number(),
      size: z.number(),
    }),
    z.object({
      kind: z.literal('grids'),
      maps: z.array(z.object({ name: z.string(), shape, size: z.number() })),
      classes: z.number(),
      size: z.number(),
    }),
  ]),
});

/** What is known of a stored prior beside its weights. */
export type PriorRecord = z.output<typeof recordSchema>;

export type NewPriorRecord = Pick<PriorRecord, 'vaekit' | 'created' | 'seed' | 'model' | 'facts'>;

/** SHA-256 of named values, whatever the order they come in. */
export function hashWeights(weights: ReadonlyMap<string, TensorData>): string {
  const hash = createHash('sha256');
  for (const name of [...weights.keys()].sort()) {
    const { buffer, byteOffset, byteLength } = weights.get(name) ?? new Float32Array(0);
    hash.update(`${name}\0${byteLength}\0`).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Writes a prior into its run, in the place of one of the same name.
 *
 * @returns the file
 * @throws StorageError if the disk refuses; what was there before is then as it was
 */
export async function savePrior(
  folder: RunFolder,
  { prior, options, codes, weights }: FittedPrior,
  facts: NewPriorRecord,
): Promise<string> {
  const { classes, size } = codes.data;
  const record: PriorRecord = {
    format: FORMAT,
    ...facts,
    prior: prior.name,
    options,
    codes:
      codes.kind === 'vectors'
        ? { kind: codes.kind, shape: [...codes.shape], stored: codes.stored, classes, size }
        : {
            kind: codes.kind,
            maps: codes.maps.map((map) => ({ ...map, shape: [...map.shape] })),
            classes,
            size,
          },
  };
  const tensors = new Map(Array.from(weights, ([name, data]) => [WEIGHT + name, flat(data)]));
  if (codes.kind === 'vectors') {
    tensors.set(MEAN, flat(codes.mean));
    tensors.set(DEVIATION, flat(codes.deviation));
  }
  const path = fileOf(folder, prior.name);
  await makeFolder(dirname(path));
  await writeCheckpoint(path, tensors, { prior: JSON.stringify(record) });
  return path;
}

/**
 * @param model hash of the weights that the run has now
 * @throws OptionError if the run has no such prior
 * @throws DataError if its file is damaged, or was fitted on the codes of other weights
 */
export async function loadPrior(
  folder: RunFolder,
  asked: Prior | string,
  model: string,
): Promise<{ fitted: FittedPrior; record: PriorRecord }> {
  const prior = typeof asked === 'string' ? findPrior(asked) : asked;
  const { name } = prior;
  const there = await priorNames(folder);
  if (!there.includes(name)) {
    const nearest = nearestName(name, there);
    const has = there.length > 0 ? `it has ${there.join(', ')}` : 'it has none yet';
    throw new OptionError(
      'prior',
      `${folder.path} has no prior '${name}' (${has})${nearest ? `; did you mean '${nearest}'?` : ''}; fit it with vaekit fit-prior ${folder.name} ${name}`,
    );
  }
  const path = fileOf(folder, name);
  const anew = `fit it again: vaekit fit-prior ${folder.name} ${name}`;
  const { tensors, metadata } = await readCheckpoint(path, anew);
  const parsed = recordSchema.safeParse(parseJson(metadata.prior));
  if (!parsed.success) {
    const { path: place, message } = parsed.error.issues[0];
    throw new DataError(
      `${path} is no prior that this vaekit reads (${place.join('.')}: ${message}); ${anew}`,
    );
  }
  const record = parsed.data;
  if (record.model !== model)
    throw new DataError(`${path} was fitted on the codes of other weights than the run has now; ${anew}`);
  return {
    fitted: {
      prior,
      ...contentsOf(path, record, tensors, anew),
      options: checkOptions(prior.options, record.options),
    },
    record,
  };
}

/** Names of the priors of a run. */
export async function priorNames(folder: RunFolder): Promise<string[]> {
  const entries = await readdir(folder.file('priors'), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function contentsOf(
  path: string,
  { codes: { classes, size, ...codes } }: PriorRecord,
  tensors: ReadonlyMap<string, StoredTensor>,
  anew: string,
): Pick<FittedPrior, 'codes' | 'weights'> {
  const weights = new Map(
    Array.from(tensors).flatMap(([name, { data }]) =>
      name.startsWith(WEIGHT) ? [[name.slice(WEIGHT.length), data] as const] : [],
    ),
  );
  if (codes.kind === 'grids') return { weights, codes: describeGrids({ ...codes, classes, size }) };
  const [mean, deviation] = [MEAN, DEVIATION].map((name) => tensors.get(name)?.data);
  if (!(mean instanceof Float32Array && deviation instanceof Float32Array))
    throw new DataError(`${path} lacks the moments of the codes; ${anew}`);
  return { weights, codes: describeVectors({ ...codes, mean, deviation, classes, size }) };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

const fileOf = (folder: RunFolder, name: string) => folder.file('priors', name, FILE);

/** Values as a file has them; their shapes are the prior's business. */
function flat(data: TensorData): StoredTensor {
  const dtype = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'uint8';
  return { dtype, shape: [data.length], data };
}
