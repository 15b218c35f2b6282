/** Ctrl-C and SIGTERM: the first asks for a checkpoint and an end, the second ends at once. */
import { EXIT } from './errors.js';
import { note } from './output.js';

export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    note('stopping with a checkpoint; once more to stop at once');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
