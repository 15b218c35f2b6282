/** Data of which only few labels are kept, to try what a system makes of few. */
import { DataError, type Dataset, UNKNOWN } from './dataset.js';
import { splitDataset } from './split.js';
import { samplesOf } from './statistics.js';

/**
 * The data with the labels of `count` samples of the training part, equally many of each class: the first ones of that
 * part, whose order is random and the same for all runs. Of the other samples of that part the class is not known;
 * validation and test part keep theirs.
 *
 * @throws DataError if there are no classes, `count` is no multiple of their number, or a class has too few samples
 */
export async function hideLabels(dataset: Dataset, count: number): Promise<Dataset> {
  const { name, size, classes } = dataset;
  if (!classes)
    throw new DataError(`${name}: the option labelled has no effect on data without classes; leave it out`);
  const each = count / classes.length;
  if (!Number.isInteger(each) || each < 1) {
    const multiple = Math.max(1, Math.round(each)) * classes.length;
    throw new DataError(
      `${name}: ${count} labels cannot be shared out evenly to ${classes.length} classes; ask for ${multiple}`,
    );
  }
  const { train } = splitDataset(dataset);
  const isHidden = new Uint8Array(size);
  for (let position = 0; position < train.size; position++) isHidden[train.at(position)] = 1;
  const kept = classes.map(() => 0);
  let position = 0;
  for await (const { labels = [] } of samplesOf(dataset, train)) {
    for (const label of labels) {
      const index = train.at(position++);
      if (label === UNKNOWN || kept[label] === each) continue;
      kept[label]++;
      isHidden[index] = 0;
    }
    if (kept.every((found) => found === each)) break;
  }
  const rarest = kept.indexOf(Math.min(...kept));
  if (kept[rarest] < each) {
    const most = kept[rarest] * classes.length;
    const remedy = most > 0 ? `ask for ${most} or fewer` : 'leave out such classes';
    throw new DataError(
      `${name}: class '${classes[rarest]}' has ${kept[rarest]} samples to train on, where ${count} labels take ${each} of each class; ${remedy}`,
    );
  }
  const wasKnown = dataset.labelled ?? Uint32Array.from({ length: size }, (_, index) => index);
  return {
    ...dataset,
    labelled: wasKnown.filter((index) => !isHidden[index]),
    notices: [
      ...dataset.notices,
      `of the training part the labels of ${count} samples are kept, ${each} of each class`,
    ],
    async read(indices) {
      const { x, labels } = await dataset.read(indices);
      return { x, labels: labels?.map((label, i) => (isHidden[indices[i]] ? UNKNOWN : label)) };
    },
  };
}
