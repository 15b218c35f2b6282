/** The indices that codes are made of: their maps beside pictures, and what single ones stand for. */
import type { Samples } from '../data/index.js';
import type { CodeIndices, TrainedModel } from '../inference/index.js';
import { codebookGrid, type Figure, indexMapsGrid } from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';
import { asPictures, decodedPictures } from './shown.js';

/** Tiles of a codebook that are shown, those that occur most. */
const MOST_TILES = 64;

/** Pictures, what is left of them, and the maps between the two; none where codes have no maps. */
export async function indexMapsView(model: TrainedModel, samples: Samples): Promise<Figure | undefined> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image') return undefined;
  const { mean, indices = [] } = await model.encode(samples);
  const maps = indices.flatMap(({ map: { name, shape }, values }) =>
    shape.length === 2 ? [{ name, indices: values, height: shape[0], width: shape[1] }] : [],
  );
  if (maps.length === 0) return undefined;
  return indexMapsGrid({
    originals: asPictures(spec, samples.x),
    reconstructions: await decodedPictures(model, mean, samples.labels),
    maps,
  });
}

/** Entries of a map's codebook, each at all places of the map, those that occur most first. */
export interface CodebookView {
  readonly map: string;
  readonly figure: Figure;
}

/**
 * What every entry of each codebook decodes to, at all places at once, the other maps being what they are most often.
 *
 * @param indices of samples, by which entries are ordered
 */
export async function codebookViews(
  model: TrainedModel,
  indices: readonly CodeIndices[],
): Promise<CodebookView[]> {
  const { spec } = model.runner.data;
  if (spec.kind !== 'image') return [];
  const orders = indices.map(({ map, values }) => byUse(values, map.size));
  const views: CodebookView[] = [];
  for (const [m, { map }] of indices.entries()) {
    const shown = orders[m].slice(0, MOST_TILES);
    const rows = indices.map(({ map: each }, other) =>
      Int32Array.from({ length: shown.length * sizeOf(each.shape) }, (_, i) =>
        other === m ? shown[Math.floor(i / sizeOf(each.shape))] : orders[other][0],
      ),
    );
    const codes = await model.lookup(rows);
    const figure = codebookGrid({
      title: indices.length === 1 ? 'Codebook' : `Codebook of ${map.name}`,
      caption: 'Each code at all places at once, those that occur most first, above its colour in maps.',
      entries: await decodedPictures(model, codes),
      indices: shown,
    });
    views.push({ map: map.name, figure });
  }
  return views;
}

/** Indices that occur, those that do most first. */
function byUse(values: Int32Array, size: number): number[] {
  const counts = new Float64Array(size);
  for (const index of values) counts[index]++;
  return Array.from(counts.keys())
    .filter((k) => counts[k] > 0)
    .sort((a, b) => counts[b] - counts[a]);
}
