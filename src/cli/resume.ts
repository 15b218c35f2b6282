/** `vaekit resume RUN`: goes on where a run was stopped or killed. */
import type { Command } from 'commander';
import { finishedSummary, resume } from '../node/index.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { conclude, follow } from './follow.js';
import { interruption } from './interruption.js';
import { note } from './output.js';

export function defineResume(command: Command): void {
  command
    .argument('<run>', 'a folder, a name in runs/, or last')
    .option('--data <path>', 'where the data are now (default: where they were)')
    .option('--json', 'print one JSON object at the end')
    .action(async (run: string, typed: Record<string, unknown> & { data?: string; json?: boolean }) => {
      // The engine that a run began with goes on with it, unless another is asked for by name.
      const engine = readEngineFlags(typed, { ...process.env, VAEKIT_ENGINE: undefined });
      const json = typed.json === true;
      const finished = await finishedSummary(run);
      if (finished) {
        note(`${finished.run} is finished; there is nothing to resume`);
        conclude(finished, json);
        return;
      }
      await follow(await resume(run, { engine, data: typed.data, signal: interruption() }), { json });
    });
  addEngineFlags(command);
}
