/** `vaekit doctor`: which engines work on this machine, and whether they compute what they should. */
import type { Command } from 'commander';
import { describeEngines, version } from '../node/index.js';
import { EXIT } from './exit.js';
import { columns, print, printJson } from './output.js';

export function defineDoctor(command: Command): void {
  command.option('--json', 'as JSON').action(async ({ json }: { json?: boolean }) => {
    const { cpu, engines } = await describeEngines();
    const used = engines.find((engine) => engine.works);
    if (!used) process.exitCode = EXIT.failed;
    if (json) {
      printJson({
        vaekit: version,
        node: process.version,
        platform: `${process.platform} ${process.arch}`,
        cpu,
        engines,
      });
      return;
    }
    print(`vaekit ${version}, Node ${process.version} on ${process.platform} ${process.arch}`);
    print(`processor  ${describe(cpu)}`);
    const rows = engines.map((engine) => {
      const name = engine.info.runtime ?? engine.info.name;
      if (!engine.works) return ['  ✗', name, engine.problem];
      const { version: own, instructionSet, threads, selfTest, startMilliseconds } = engine.info;
      const kind = own ?? instructionSet;
      const text = `${kind ? `${kind}, ` : ''}${threads} thread${threads === 1 ? '' : 's'}, ready in ${Math.round(startMilliseconds)} ms, self-test passed in ${Math.round(selfTest.milliseconds)} ms`;
      return [engine === used ? '  ✓ used' : '  ✓', name, text];
    });
    print('engines');
    for (const line of columns(rows)) print(line);
  });
}

function describe(cpu: Awaited<ReturnType<typeof describeEngines>>['cpu']): string {
  return Object.values(cpu)
    .map((value) => (Array.isArray(value) ? value.join(' ') : String(value)))
    .join(', ');
}
