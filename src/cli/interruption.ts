/**
 * Ctrl-C, SIGTERM, and a reader or terminal that went away: the first asks for a checkpoint and an end, a second signal
 * ends at once.
 */
import { EXIT } from './exit.js';
import { note } from './output.js';

export function interruption(promise = 'stopping with a checkpoint'): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    note(`${promise}; once more to stop at once`);
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // Nobody reads how the work goes any more, as in `vaekit train vae 2>&1 | head`.
  process.stderr.once('error', () => controller.abort());
  return controller.signal;
}
