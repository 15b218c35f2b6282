/** Which quantiser stands between encoder and decoder, and how it learns: options that all systems with codebooks share. */
import { z } from 'zod';
import {
  type CodebookUpdate,
  finiteScalarQuantiser,
  type Quantiser,
  residualQuantiser,
  type Scope,
  vectorQuantiser,
} from '../nn/index.js';
import { OptionError } from './errors.js';
import { nonNegative, positiveInteger } from './options.js';

const count = () => z.number().int().min(2);

export const quantiserOptions = z.object({
  quantiser: z
    .enum(['vq', 'residual', 'fsq'])
    .default('vq')
    .describe(
      'vq: the nearest entry of a codebook; residual: several codebooks, each for what is left; fsq: a few numbers, each rounded to levels',
    ),
  codes: count().optional().describe('K, entries of a codebook (default: 512)'),
  codeDimension: positiveInteger().optional().describe('D, length of an entry (default: 64)'),
  codebooks: positiveInteger().optional().describe('codebooks of the residual quantiser (default: 4)'),
  scalarLevels: z
    .array(count())
    .min(1)
    .optional()
    .describe('levels of each number of fsq; their product is K (default: 8,5,5,5)'),
  commitmentWeight: nonNegative()
    .optional()
    .describe('weight of the distance that keeps the encoder near the entries it chooses (default: 0.25)'),
  update: z
    .enum(['ema', 'gradient'])
    .optional()
    .describe('how entries move: as running means of what chooses them, or by a gradient (default: ema)'),
  decay: z.number().min(0).lt(1).optional().describe('of the running means, per step (default: 0.99)'),
  restart: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe(
      'steps in a row out of use after which an entry of ema begins again elsewhere; 0: never (default: 100)',
    ),
  start: z
    .enum(['kmeans', 'normal'])
    .optional()
    .describe(
      'kmeans: the untrained encoder is scaled to what it sees, and first entries are centres of its vectors; normal: entries are normal draws (default: kmeans)',
    ),
});

export type QuantiserOptions = z.output<typeof quantiserOptions>;

const USUAL = {
  codes: 512,
  codeDimension: 64,
  codebooks: 4,
  scalarLevels: [8, 5, 5, 5],
  commitmentWeight: 0.25,
  decay: 0.99,
  restart: 100,
};

/** Options that a quantiser does not read. */
const UNREAD: Readonly<Record<QuantiserOptions['quantiser'], readonly (keyof QuantiserOptions)[]>> = {
  vq: ['codebooks', 'scalarLevels'],
  residual: ['scalarLevels'],
  fsq: ['codes', 'codeDimension', 'codebooks', 'commitmentWeight', 'update', 'decay', 'restart', 'start'],
};

/** A quantiser as the options say. @throws OptionError naming an option that has no effect, or cannot be as it is */
export function quantiserFor(options: QuantiserOptions, scope: Scope): Quantiser {
  const { quantiser, codes = USUAL.codes, codeDimension: dimension = USUAL.codeDimension } = options;
  requireRead(options);
  const { codebooks = USUAL.codebooks, scalarLevels = USUAL.scalarLevels } = options;
  const own = { codes, dimension, update: updateOf(options) };
  switch (quantiser) {
    case 'vq':
      return vectorQuantiser(own, scope);
    case 'residual':
      return residualQuantiser({ ...own, codebooks }, scope);
    case 'fsq':
      try {
        return finiteScalarQuantiser(scalarLevels);
      } catch (error) {
        if (error instanceof RangeError) throw new OptionError('scalarLevels', error.message);
        throw error;
      }
  }
}

export function commitmentWeightOf({ commitmentWeight = USUAL.commitmentWeight }: QuantiserOptions): number {
  return commitmentWeight;
}

/** Whether encoder and codebooks begin with what the data say. */
export function startsFromData({ start = 'kmeans' }: QuantiserOptions): boolean {
  return start === 'kmeans';
}

function updateOf({
  update = 'ema',
  decay = USUAL.decay,
  restart = USUAL.restart,
}: QuantiserOptions): CodebookUpdate {
  return update === 'gradient' ? { kind: 'gradient' } : { kind: 'ema', decay, restartAfter: restart };
}

function requireRead(options: QuantiserOptions): void {
  const { quantiser, update } = options;
  const unread = UNREAD[quantiser].find((name) => options[name] !== undefined);
  if (unread) throw new OptionError(unread, `has no effect with quantiser ${quantiser}; leave it out`);
  if (update !== 'gradient') return;
  for (const name of ['decay', 'restart'] as const)
    if (options[name] !== undefined)
      throw new OptionError(name, 'has no effect with update gradient, only with ema; leave it out');
}
