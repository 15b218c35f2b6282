/** `vaekit bench [CASE…]`: how fast this machine trains the standard cases. */
import type { Command } from 'commander';
import { z } from 'zod';
import { benchNames, requireCase, runCase } from '../node/index.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { addFlags, readFlags } from './flags.js';
import { dim, note, print, printJson } from './output.js';

const benchOptions = z.object({
  seconds: z.number().positive().default(5).describe('training time per case'),
});

export function defineBench(command: Command): void {
  command
    .argument('[cases...]', `out of ${benchNames.join(', ')} (default: all)`)
    .option('--json', 'one JSON object per case and line')
    .action(async (cases: string[], typed: Record<string, unknown> & { json?: boolean }) => {
      const { seconds } = readFlags(benchOptions, typed);
      const engine = readEngineFlags(typed);
      cases.forEach(requireCase);
      for (const name of cases.length > 0 ? cases : benchNames) {
        if (!typed.json) note(dim(`measuring ${name}`));
        const result = await runCase(name, { seconds, ...engine });
        if (typed.json) printJson(result);
        else {
          const { train, encode_b256, encode_b1, decode, peak_rss_train_mib, first_step_s } = result;
          print(
            `${name}  train ${train.median} samples/s (${train.ms_per_step} ms a step, ${train.gflops_median} GFLOP/s)  encode ${encode_b256.median}/s, one in ${encode_b1.latency_us} µs  decode ${decode.median}/s  ${peak_rss_train_mib} MiB  first step after ${first_step_s} s  on ${result.engine}, ${result.threads} threads`,
          );
        }
      }
    });
  addFlags(command, benchOptions, 'Measurement:');
  addEngineFlags(command);
}
