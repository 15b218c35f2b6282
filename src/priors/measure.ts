/** What a fitted prior is worth in numbers: how likely it finds the codes of samples that it was not fitted on. */
import {
  type Metric,
  meanOver,
  missing,
  type SampleSource,
  type SourceOptions,
} from '../evaluation/index.js';
import { sizeOf } from '../tensor/index.js';
import type { GridCodes } from './description.js';
import type { FittedPrior } from './fit.js';
import type { ModelWithPrior } from './use.js';

const LACKS = 'a prior that makes draws only has no density';

/** log p(z) in nats, −log p(z) in bits for each number or index of a code, and for each index of each map where there are some. */
export async function measurePrior(
  model: ModelWithPrior,
  { prior, codes }: Pick<FittedPrior, 'prior' | 'codes'>,
  source: SampleSource,
  { limit = source.size, ...options }: SourceOptions = {},
): Promise<Metric[]> {
  const count = Math.min(limit, source.size);
  const isBound = prior.value === 'bound';
  const of =
    codes.kind === 'grids' ? 'indices' : codes.stored === 'means' ? 'codes' : 'codes, one draw of each';
  const nats = {
    name: 'codeLogLikelihood',
    unit: 'nats',
    estimator: `log p(z) of ${of}${isBound ? ', a lower bound' : ''}`,
    options: { prior: prior.name },
  } as const;
  const bits = {
    name: 'codeBits',
    unit: 'bits per dimension',
    estimator: `−log p(z) / (${codes.size} ln 2)`,
    options: { prior: prior.name },
  } as const;
  if (prior.value === 'none') return [missing(count, nats, LACKS), missing(count, bits, LACKS)];
  const limited: SampleSource = { size: count, read: source.read };
  const values = await model.codeLogLikelihood(limited, options);
  const ofMaps = codes.kind === 'grids' ? await mapBits(model, prior.name, codes, limited, options) : [];
  return [
    meanOver(values, nats),
    meanOver(
      values.map((value) => -value / (codes.size * Math.LN2)),
      bits,
    ),
    ...ofMaps,
  ];
}

/** What an index of each map takes under the prior, beside the `nominalBits` and `unigramBits` of `indexMetrics`. */
async function mapBits(
  model: ModelWithPrior,
  prior: string,
  { maps }: GridCodes,
  source: SampleSource,
  options: SourceOptions,
): Promise<Metric[]> {
  const nats = await model.codeNats(source, options);
  return maps.flatMap(({ name, shape }) => {
    const ofMap = nats[name];
    if (!ofMap) return [];
    const indices = sizeOf(shape);
    const bits = ofMap.map((value) => value / (indices * Math.LN2));
    return [
      meanOver(bits, {
        name: maps.length === 1 ? 'priorBits' : `priorBits.${name}`,
        unit: 'bits per index',
        estimator: `−log p(k) / (${indices} ln 2) of the map, given those before it`,
        options: { prior },
      }),
    ];
  });
}
