import { expect, test } from 'vitest';
import { fromImages, hideLabels, splitDataset } from './index.js';

const SIZE = 200;
const labels = Int32Array.from({ length: SIZE }, (_, i) => i % 4);
const data = () =>
  fromImages(new Uint8Array(SIZE * 4).fill(1), [2, 2, 1], { labels, classes: ['a', 'b', 'c', 'd'] });
const all = Array.from({ length: SIZE }, (_, i) => i);

test('so many labels of the training part are kept, equally many of each class, and all others of it hidden', async () => {
  const few = await hideLabels(data(), 20);
  const { labels: seen = [] } = await few.read(all);
  const { train, test: held, validation } = splitDataset(few);
  const training = Array.from({ length: train.size }, (_, position) => train.at(position));
  const kept = training.filter((index) => seen[index] >= 0);
  for (const name of [0, 1, 2, 3]) expect(kept.filter((index) => seen[index] === name)).toHaveLength(5);
  for (const index of kept) expect(seen[index]).toBe(labels[index]);
  for (const part of [held, validation])
    for (let i = 0; i < part.size; i++) expect(seen[part.at(i)]).toBe(labels[part.at(i)]);
  expect([...(few.labelled ?? [])]).toEqual(all.filter((index) => seen[index] >= 0));
  expect(few.notices).toContain('of the training part the labels of 20 samples are kept, 5 of each class');
});

test('the same samples keep their labels every time, and more labels are more samples', async () => {
  const [first, again, more] = await Promise.all([20, 20, 40].map((count) => hideLabels(data(), count)));
  expect(first.labelled).toEqual(again.labelled);
  const many = new Set(more.labelled);
  for (const index of first.labelled ?? []) expect(many.has(index)).toBe(true);
});

test.each<[string, number, string | RegExp]>([
  [
    'a number that the classes cannot share',
    22,
    'images: 22 labels cannot be shared out evenly to 4 classes; ask for 24',
  ],
  ['fewer than classes', 1, 'images: 1 labels cannot be shared out evenly to 4 classes; ask for 4'],
  [
    'more than there are',
    400,
    /^images: class '.' has \d+ samples to train on, where 400 labels take 100 of each class; ask for \d+ or fewer$/,
  ],
])('%s is refused', async (_, count, message) => {
  await expect(hideLabels(data(), count)).rejects.toThrow(message);
});

test('without classes there is nothing to hide', async () => {
  const plain = fromImages(new Uint8Array(40).fill(1), [2, 2, 1]);
  await expect(hideLabels(plain, 4)).rejects.toThrow(
    'images: the option labelled has no effect on data without classes; leave it out',
  );
});
