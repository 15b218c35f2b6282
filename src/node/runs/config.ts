/** `config.json` of a run: everything that is needed to repeat it, with a format version. */
import { z } from 'zod';
import { DataError } from '../../data/index.js';
import { trainingOptions } from '../../training/index.js';
import { readJson } from '../files.js';

/** Raised when the meaning of a run folder's files changes; older ones are then brought up to it. */
export const FORMAT = 1;

const imageSpec = z.object({
  kind: z.literal('image'),
  shape: z.tuple([z.number(), z.number(), z.number()]).readonly(),
  dtype: z.enum(['uint8', 'float32']),
  range: z.tuple([z.number(), z.number()]).readonly(),
  holes: z.literal(true).optional(),
});

const tableSpec = z.object({
  kind: z.literal('table'),
  shape: z.tuple([z.number()]).readonly(),
  dtype: z.literal('float32'),
  columns: z
    .array(
      z.object({
        name: z.string(),
        type: z.enum(['numeric', 'binary', 'categorical', 'count', 'ordinal']),
        categories: z.array(z.string()).readonly().optional(),
        mean: z.number().optional(),
        deviation: z.number().optional(),
        missing: z.number().optional(),
      }),
    )
    .readonly(),
  holes: z.literal(true).optional(),
});

const sampleSpec = z.discriminatedUnion('kind', [
  imageSpec,
  tableSpec,
  z.object({
    kind: z.literal('sequence'),
    shape: z.tuple([z.number()], z.number()).readonly(),
    dtype: z.enum(['uint8', 'float32']),
    frame: z.discriminatedUnion('kind', [imageSpec, tableSpec]),
  }),
  z.object({
    kind: z.literal('points'),
    shape: z.tuple([z.number(), z.number()]).readonly(),
    dtype: z.literal('float32'),
  }),
]);

export const runConfig = z.object({
  format: z.literal(FORMAT),
  /** Version of vaekit that wrote the run. */
  vaekit: z.string(),
  created: z.string(),
  system: z.string(),
  /** Options of the system, defaults filled in. */
  options: z.record(z.string(), z.unknown()),
  /** Options that held the caller's own layers, which no file can hold. */
  ownLayers: z.array(z.string()),
  training: trainingOptions,
  data: z.object({
    /** What `--data` was given; absent for data that a program handed over. */
    source: z.string().optional(),
    options: z.record(z.string(), z.unknown()),
    name: z.string(),
    /** Samples in all, and in the training part; runs of before November 2026 do not say the latter. */
    size: z.number(),
    trainingSize: z.number().optional(),
    classes: z.array(z.string()).optional(),
    /** Whether there are samples whose class is not known. */
    hasUnknown: z.boolean().optional(),
    fingerprint: z.string(),
    spec: sampleSpec,
  }),
  engine: z.object({
    name: z.string(),
    runtime: z.string(),
    instructionSet: z.string().optional(),
    threads: z.number(),
  }),
  platform: z.string(),
  /** The command that repeats the run, where it was started by one. */
  command: z.string().optional(),
});

export type RunConfig = z.output<typeof runConfig>;

/** @throws DataError if the file is not a run's configuration, or one of a later vaekit */
export async function readConfig(path: string): Promise<RunConfig> {
  const json = await readJson(path);
  const format = z.object({ format: z.number() }).safeParse(json);
  if (!format.success)
    throw new DataError(
      `${path} is not the configuration of a vaekit run; name a folder that vaekit train has made`,
    );
  if (format.data.format > FORMAT) {
    throw new DataError(
      `${path} has format ${format.data.format}, and this vaekit reads up to ${FORMAT}; update vaekit`,
    );
  }
  const config = runConfig.safeParse(json);
  if (config.success) return config.data;
  const [issue] = config.error.issues;
  throw new DataError(
    `${path} is damaged at ${issue.path.join('.')}: ${issue.message}; restore it from a copy`,
  );
}
