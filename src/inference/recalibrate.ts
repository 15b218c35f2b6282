/**
 * Running statistics of batch normalisation for new samples. Training takes them from codes of posteriors; codes of the
 * prior spread otherwise, and through many layers the difference can spoil samples whose reconstructions are good
 * (Vahdat & Kautz 2020, §4, arXiv:2007.03898).
 */
import type { DrawOptions } from '../probability/index.js';
import { Program, substitute } from '../tensor/index.js';
import type { ModelRunner } from './runner.js';

export interface RecalibrationOptions {
  /** Codes per batch. @default 64 */
  batchSize?: number;
  /** Batches to look at; the statistics forget the old ones at the rate that training forgets. @default 200 */
  batches?: number;
  /** Of the draws from the prior, if other than its own. */
  temperature?: number;
  /** Key of the noise. @default 0 */
  seed?: number;
}

/**
 * Moves the running statistics of all layers between the prior and the sample to what codes drawn from the prior make of
 * them. Others keep theirs. Reconstructions are best with the old ones again: what is returned puts them back.
 *
 * @throws Error if the system has no prior
 */
export async function recalibrate(
  { settings, table }: ModelRunner,
  { batchSize = 64, batches = 200, temperature, seed = 0 }: RecalibrationOptions = {},
): Promise<() => Promise<void>> {
  const { system, options, data, engine, replacements = new Map() } = settings;
  const scope = table.scope({ training: true });
  const model = system.build(data, options, scope);
  const prior = model.prior?.(batchSize);
  if (!prior) throw new Error(`recalibrate: ${system.name} has no prior to draw codes from`);
  // A layer updates its statistics when it runs, and so exactly those that samples pass through are here.
  const mean = model.decode(prior.sample(priorDraw(temperature))).mean();
  const statistics = [...scope.updates.keys()];
  const names = statistics.map(({ name }) => name);
  const before = await engine.variables.read(names);
  const moved = substitute([...scope.updates.values()], replacements);
  const updates = new Map(statistics.map((variable, i) => [variable, moved[i]]));
  const executable = await engine.compile(new Program({ outputs: { mean }, updates }));
  try {
    await executable.run({}, { steps: batches, seed });
  } finally {
    await executable.dispose();
  }
  return () => engine.variables.write(before);
}

/** How codes are drawn from a prior. */
export function priorDraw(temperature: number | undefined): DrawOptions {
  return { stream: 'prior', ...(temperature === undefined ? {} : { temperature }) };
}
