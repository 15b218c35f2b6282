/** Data from files and folders, read in this thread or in one of its own. */
export {
  type ColumnReport,
  type DatasetReport,
  describeDataset,
  describeSource,
  type Suggestion,
} from './describe.js';
export { type OpenOptions, openDataset } from './open.js';
export type { PictureOptions } from './pictureFolder.js';
export { openDatasetInWorker } from './worker.js';
