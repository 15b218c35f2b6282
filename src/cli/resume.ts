/** `vaekit resume RUN`: goes on where a run was stopped or killed. */
import { Command } from 'commander';
import { resume } from '../node/index.js';
import { addEngineFlags, readEngineFlags } from './engineFlags.js';
import { follow } from './follow.js';
import { interruption } from './interruption.js';

export function resumeCommand(): Command {
  const command = new Command('resume')
    .description('continue a run from its last checkpoint, to the same weights as if it had never stopped')
    .argument('<run>', 'a folder, a name in runs/, or last')
    .option('--json', 'print one JSON object at the end');
  return addEngineFlags(command).action(
    async (run: string, typed: Record<string, unknown> & { json?: boolean }) => {
      const resumed = await resume(run, { engine: readEngineFlags(typed), signal: interruption() });
      await follow(resumed, { json: typed.json === true });
    },
  );
}
