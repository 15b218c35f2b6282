/** The grids that show what a model of pictures has learnt. */
import { pictureGrid } from './grid.js';
import { imagesOf, type Pictures } from './pictures.js';
import type { Figure } from './surface.js';
import { formatNumber, signed } from './typesetting.js';

export interface GridText {
  title?: string;
  caption?: string;
}

export interface SamplesGridOptions extends GridText {
  samples: Pictures;
  /** @default as many as make the grid about square */
  columns?: number;
  /** What the pictures of each row have in common. */
  rowLabels?: readonly string[];
}

/** Pictures drawn from a model, or from the data. */
export function samplesGrid(options: SamplesGridOptions): Figure {
  const { samples, columns, rowLabels, title = 'Samples', caption } = options;
  return pictureGrid({
    title,
    caption,
    images: imagesOf(samples),
    columns: columns ?? squareColumns(samples),
    rowLabels,
  });
}

/** The number of columns that makes a grid a little wider than high and leaves little of its last row empty. */
function squareColumns({ shape: [count, height, width] }: Pictures): number {
  const wanted = 1.1 * Math.sqrt((count * height) / width);
  let [best, bestCost] = [1, Infinity];
  for (let columns = 1; columns <= count; columns++) {
    const empty = (columns - (count % columns)) % columns;
    const cost = Math.abs(Math.log(columns / wanted)) + empty / count;
    if (cost < bestCost) [best, bestCost] = [columns, cost];
  }
  return best;
}

export interface ReconstructionGridOptions extends GridText {
  originals: Pictures;
  /** Of the same pictures, in the same order. */
  reconstructions: Pictures;
  /** What stands beside the two rows of a pair. @default original and reconstruction */
  names?: readonly [above: string, below: string];
  /** @default 10, or as many as there are */
  columns?: number;
}

/**
 * Each picture above its reconstruction.
 *
 * @throws RangeError if there are not as many reconstructions as originals
 */
export function reconstructionGrid(options: ReconstructionGridOptions): Figure {
  const { originals, reconstructions, columns, title = 'Reconstructions', caption } = options;
  const { names: [above, below] = ['original', 'reconstruction'] } = options;
  const parts = [
    { label: above, pictures: originals },
    { label: below, pictures: reconstructions },
  ];
  return stackedGrid('reconstructionGrid', parts, { title, caption, columns });
}

export interface DenoisingGridOptions extends GridText {
  originals: Pictures;
  /** The same pictures with noise, in the same order. */
  corrupted: Pictures;
  /** What is made of these. */
  restored: Pictures;
  /** @default 10, or as many as there are */
  columns?: number;
}

/**
 * Each picture above itself with noise, and what is restored from that.
 *
 * @throws RangeError if there are not as many of each
 */
export function denoisingGrid(options: DenoisingGridOptions): Figure {
  const { originals, corrupted, restored, columns, title = 'Denoising', caption } = options;
  const parts = [
    { label: 'original', pictures: originals },
    { label: 'with noise', pictures: corrupted },
    { label: 'restored', pictures: restored },
  ];
  return stackedGrid('denoisingGrid', parts, { title, caption, columns });
}

interface Part {
  /** What the pictures are, beside their rows. */
  readonly label: string;
  readonly pictures: Pictures;
}

/** Rows of pictures above rows of other forms of the same pictures. */
function stackedGrid(
  caller: string,
  parts: readonly Part[],
  { columns: most = 10, ...text }: GridText & { title: string; columns?: number },
): Figure {
  const forms = parts.map(({ label, pictures }) => ({ label, images: imagesOf(pictures) }));
  const count = forms[0].images.length;
  for (const { label, images } of forms) {
    if (images.length !== count)
      throw new RangeError(`${caller}: ${count} pictures, but ${images.length} '${label}'; give one of each`);
  }
  const columns = Math.min(most, count);
  // A last row that is not full would put pictures above the wrong ones: it is left out.
  const groups = Array.from({ length: Math.floor(count / columns) }, (_, row) =>
    forms.flatMap(({ images }) => images.slice(row * columns, (row + 1) * columns)),
  );
  return pictureGrid({
    ...text,
    images: groups.flat(),
    columns,
    rowLabels: groups.flatMap(() => forms.map(({ label }) => label)),
    rowsPerGroup: forms.length,
  });
}

export interface TraversedDimension {
  /** Number of the latent dimension, from 0. */
  readonly index: number;
  /** KL of the dimension, nats per sample. */
  readonly kl?: number;
}

export interface TraversalGridOptions extends GridText {
  /** One row of pictures after another: the dimension's, at each of the values. */
  pictures: Pictures;
  dimensions: readonly TraversedDimension[];
  /** What the dimension is set to, from left to right. */
  values: readonly number[];
}

/** One latent dimension a row, moved through its values while the others stay. */
export function traversalGrid(options: TraversalGridOptions): Figure {
  const { pictures, dimensions, values, title = 'Latent traversals' } = options;
  requireCount('traversalGrid', pictures, dimensions.length, values.length);
  return pictureGrid({
    title,
    caption: options.caption ?? 'Each row moves one latent dimension from left to right; the others stay.',
    images: imagesOf(pictures),
    columns: values.length,
    rowLabels: dimensions.map(({ index, kl }) =>
      kl === undefined ? `z${index}` : `z${index}  KL ${signed(kl.toFixed(kl < 0.995 ? 2 : 1))}`,
    ),
    columnLabels: values.map((value) => formatNumber(value, 3)),
  });
}

export interface ManifoldGridOptions extends GridText {
  /** One row of pictures after another, the row of the first of `rows` on top. */
  pictures: Pictures;
  /** Values of the dimension that goes down. */
  rows: readonly number[];
  /** Values of the dimension that goes right. */
  columns: readonly number[];
  /** Names of the dimension that goes right and of the one that goes down. @default ['z0', 'z1'] */
  names?: readonly [right: string, down: string];
}

/** What a plane of the latent space decodes to. */
export function manifoldGrid(options: ManifoldGridOptions): Figure {
  const { pictures, rows, columns, names = ['z0', 'z1'], title = 'Latent plane' } = options;
  requireCount('manifoldGrid', pictures, rows.length, columns.length);
  return pictureGrid({
    title,
    caption: options.caption ?? `${names[0]} runs along the columns, ${names[1]} along the rows.`,
    images: imagesOf(pictures),
    columns: columns.length,
    rowLabels: rows.map((value) => formatNumber(value, 3)),
    columnLabels: columns.map((value) => formatNumber(value, 3)),
    seamless: true,
  });
}

export interface InterpolationGridOptions extends GridText {
  /** One row of pictures after another, from one sample to another. */
  pictures: Pictures;
  /** Pictures in a row. */
  steps: number;
  /** From what to what each row goes. */
  rowLabels?: readonly string[];
}

/** Ways from one sample to another through the latent space, one a row. */
export function interpolationGrid(options: InterpolationGridOptions): Figure {
  const { pictures, steps, rowLabels, title = 'Interpolations', caption } = options;
  requireCount('interpolationGrid', pictures, pictures.shape[0] / steps, steps);
  return pictureGrid({
    title,
    caption,
    images: imagesOf(pictures),
    columns: steps,
    rowLabels,
    columnLabels: Array.from({ length: steps }, (_, i) => formatNumber(steps > 1 ? i / (steps - 1) : 0, 3)),
  });
}

export interface ImputationGridOptions extends GridText {
  originals: Pictures;
  /** The same pictures with what is missing in them marked, in the same order. */
  holes: Pictures;
  means: Pictures;
  /** Completed versions, those of one picture after those of another. */
  draws: Pictures;
}

/** Each picture beside what of it is seen, and what that is completed to, one a row. */
export function imputationGrid({
  originals,
  holes,
  means,
  draws,
  title = 'Imputation',
  caption,
}: ImputationGridOptions): Figure {
  const [first, seen, mean, drawn] = [originals, holes, means, draws].map(imagesOf);
  const versions = drawn.length / first.length;
  requireCount('imputationGrid', draws, first.length, versions);
  return pictureGrid({
    title,
    caption,
    images: first.flatMap((image, i) => [
      image,
      seen[i],
      mean[i],
      ...drawn.slice(i * versions, (i + 1) * versions),
    ]),
    columns: versions + 3,
    columnLabels: ['sample', 'seen', 'mean', ...Array.from({ length: versions }, (_, d) => `draw ${d + 1}`)],
  });
}

export interface EditGridOptions extends GridText {
  originals: Pictures;
  /** One row of pictures after another: an original's, at each of the strengths. */
  pictures: Pictures;
  /** How much was added, from left to right. */
  strengths: readonly number[];
}

/** Each picture beside itself with more and more of something, one a row. */
export function editGrid({
  originals,
  pictures,
  strengths,
  title = 'Edits',
  caption,
}: EditGridOptions): Figure {
  const columns = strengths.length;
  const [first, edited] = [imagesOf(originals), imagesOf(pictures)];
  requireCount('editGrid', pictures, first.length, columns);
  return pictureGrid({
    title,
    caption,
    images: first.flatMap((image, i) => [image, ...edited.slice(i * columns, (i + 1) * columns)]),
    columns: columns + 1,
    columnLabels: ['sample', ...strengths.map((strength) => formatNumber(strength, 3))],
  });
}

export interface RollOutGridOptions extends GridText {
  /** Frames of one sequence after another. */
  came: Pictures;
  /** Of the same sequences at the same times. */
  said: Pictures;
  /** The time of every frame. */
  times: readonly number[];
}

/** Sequences of pictures, each in a row as it came and in one as it was said to go on. */
export function rollOutGrid({ came, said, times, title = 'Roll-outs', caption }: RollOutGridOptions): Figure {
  const columns = times.length;
  const count = came.shape[0] / columns;
  requireCount('rollOutGrid', came, count, columns);
  requireCount('rollOutGrid', said, count, columns);
  const [above, below] = [imagesOf(came), imagesOf(said)];
  const row = (images: typeof above, i: number) => images.slice(i * columns, (i + 1) * columns);
  const sequences = Array.from({ length: count }, (_, i) => [...row(above, i), ...row(below, i)]);
  return pictureGrid({
    title,
    caption,
    images: sequences.flat(),
    columns,
    rowLabels: sequences.flatMap(() => ['came', 'said']),
    columnLabels: times.map(String),
    rowsPerGroup: 2,
  });
}

function requireCount(caller: string, { shape }: Pictures, rows: number, columns: number): void {
  if (shape[0] !== rows * columns || !Number.isInteger(rows)) {
    throw new RangeError(
      `${caller}: ${shape[0]} pictures do not fill ${formatNumber(rows)} rows of ${columns}`,
    );
  }
}
