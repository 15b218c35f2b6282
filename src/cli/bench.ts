/** `vaekit bench [CASE…]`: how fast this machine trains the standard cases. */
import type { Command } from 'commander';
import { z } from 'zod';
import { type BenchRequest, benchNames, explainCase, requireCase, runCase } from '../node/index.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { UsageError } from './exit.js';
import { addFlags, readFlags } from './flags.js';
import { dim, note, print, printJson } from './output.js';

const benchOptions = z.object({
  seconds: z.number().positive().default(5).describe('training time per case'),
});

interface Typed extends Record<string, unknown> {
  readonly json?: boolean;
  readonly explain?: boolean;
}

export function defineBench(command: Command): void {
  command
    .argument('[cases...]', `out of ${benchNames.join(', ')} (default: all)`)
    .option('--json', 'one JSON object per case and line')
    .option('--explain', "each instruction of the native engine's training step, with its work and its time")
    .action(async (typedCases: string[], typed: Typed) => {
      const request = { ...readFlags(benchOptions, typed), ...readEngineFlags(typed) };
      typedCases.forEach(requireCase);
      const cases = typedCases.length > 0 ? typedCases : benchNames;
      if (typed.explain) await explain(cases, request, typed);
      else await measure(cases, request, typed);
    });
  addFlags(command, benchOptions, 'Measurement:');
  addEngineFlags(command);
}

async function explain(cases: readonly string[], request: BenchRequest, { json }: Typed): Promise<void> {
  if (json) throw new UsageError('--json has no effect beside --explain; leave it out');
  if (request.engine !== undefined && request.engine !== 'auto' && request.engine !== 'native')
    throw new UsageError(`--explain is about the native engine, not ${request.engine}; take --engine native`);
  for (const name of cases) print(await explainCase(name, request));
}

async function measure(cases: readonly string[], request: BenchRequest, { json }: Typed): Promise<void> {
  for (const name of cases) {
    if (!json) note(dim(`measuring ${name}`));
    const result = await runCase(name, request);
    if (json) printJson(result);
    else {
      const { train, encode_b256, encode_b1, decode, peak_rss_train_mib, first_step_s } = result;
      print(
        `${name}  train ${train.median} samples/s (${train.ms_per_step} ms a step, ${train.gflops_median} GFLOP/s)  encode ${encode_b256.median}/s, one in ${encode_b1.latency_us} µs  decode ${decode.median}/s  ${peak_rss_train_mib} MiB  first step after ${first_step_s} s  on ${result.engine}, ${result.threads} threads`,
      );
    }
  }
}
