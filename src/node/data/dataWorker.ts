/** The thread in which a data set is read: it answers requests one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Dataset } from '../../data/index.js';
import { openDataset } from './open.js';
import {
  type DataReply,
  type DataRequest,
  type DataWorkerStart,
  errorFacts,
  factsOf,
} from './workerMessages.js';

if (!parentPort) throw new Error('dataWorker: only openDatasetInWorker starts it, in a thread of its own');
const port = parentPort;
const { source, options }: DataWorkerStart = workerData;

try {
  const dataset = await openDataset(source, options);
  let last = Promise.resolve();
  port.on('message', (request: DataRequest) => {
    last = last.then(() => answer(dataset, request));
  });
  reply({ opened: factsOf(dataset) });
} catch (error) {
  reply({ error: errorFacts(error) });
}

async function answer(dataset: Dataset, request: DataRequest): Promise<void> {
  try {
    if (request === 'close') {
      await dataset.close();
      // Nothing else keeps the thread alive.
      port.close();
      return;
    }
    const samples = await dataset.read(request.indices);
    reply({ samples }, [samples.x, samples.labels]);
  } catch (error) {
    reply({ error: errorFacts(error) });
  }
}

/** @param arrays that were made for the reply, so that they are moved and not copied */
function reply(message: DataReply, arrays: readonly (ArrayBufferView | undefined)[] = []): void {
  port.postMessage(
    message,
    arrays.flatMap((array) => (array?.buffer instanceof ArrayBuffer ? [array.buffer] : [])),
  );
}
