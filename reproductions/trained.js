/** Trains in memory what is too small, or too much a program's own, for a run folder. */
import { prepareData, Training, trainingOptions } from 'vaekit';
import { openEngine } from 'vaekit/node';

/**
 * Trains a system to the last step, and gives what `use` makes of the model, the history and the training part.
 *
 * @param request.training options of the training, among them the seed
 */
export async function trained({ system, data, options, training: given }, use) {
  const { description, ordered, source, split } = await prepareData(data);
  const training = trainingOptions.parse(given);
  const engine = await openEngine({ threads: 1 });
  try {
    const run = new Training({
      system,
      options: system.options.parse(options),
      training,
      engine,
      data: description,
      trainingSamples: ordered(training.seed),
    });
    for await (const { kind, ...event } of run) if (kind === 'warning') console.error(event);
    return await use({ model: run.model, history: run.history, part: source(split.train) });
  } finally {
    await engine.dispose();
  }
}
