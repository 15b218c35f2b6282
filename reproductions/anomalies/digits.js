/**
 * Data sets of one digit for training and all digits to test on, out of MNIST: folders of four IDX files as MNIST's own are.
 *
 *   node reproductions/anomalies/digits.js MNIST FOLDER DIGIT…   writes FOLDER/DIGIT for each digit,
 *                                                               and a thousand of the test set by themselves
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { splitDataset } from 'vaekit';
import { openDataset } from 'vaekit/node';

/** Test pictures that are anomalies elsewhere. */
const SOME = 1000;

const [source, folder, ...digits] = process.argv.slice(2);

/** Bytes with the header of an IDX file: 0, 0, 8 for bytes, the number of axes, and their lengths. */
function idx(shape, values) {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((length, axis) => {
    header.writeUInt32BE(length, 4 + 4 * axis);
  });
  return Buffer.concat([header, values]);
}

async function write(path, part, { x, labels }, [height, width]) {
  await writeFile(join(path, `${part}-images-idx3-ubyte`), idx([labels.length, height, width], x));
  await writeFile(join(path, `${part}-labels-idx1-ubyte`), idx([labels.length], Uint8Array.from(labels)));
}

const dataset = await openDataset(source);
const { shape } = dataset.spec;
const { test } = splitDataset(dataset);
const all = (count, at) => dataset.read(Uint32Array.from({ length: count }, (_, position) => at(position)));
const tested = await all(test.size, test.at);
// What is not for testing comes first, in the order of its file.
const training = await all(dataset.size - test.size, (position) => position);
for (const digit of digits) {
  const path = join(folder, digit);
  await mkdir(path, { recursive: true });
  const rows = Array.from(training.labels.keys()).filter((row) => training.labels[row] === Number(digit));
  const size = shape[0] * shape[1];
  const one = {
    x: Buffer.concat(rows.map((row) => training.x.subarray(row * size, (row + 1) * size))),
    labels: rows.map(() => Number(digit)),
  };
  await write(path, 'train', one, shape);
  await write(path, 't10k', tested, shape);
}
const some = { x: tested.x.subarray(0, SOME * shape[0] * shape[1]), labels: tested.labels.subarray(0, SOME) };
await write(folder, 'some', some, shape);
await dataset.close();
