/** Maps of indices as pictures: every index has a colour of its own, the same everywhere. */
import type { Rgb } from './color.js';
import { pictureGrid } from './grid.js';
import { Image } from './image.js';
import { imagesOf, type Pictures, picturesOf } from './pictures.js';
import { type GridText, samplesGrid } from './sampleGrids.js';
import type { Figure } from './surface.js';

/** Indices of one map of all pictures. */
export interface IndexMap {
  readonly name: string;
  /** [count, height, width] */
  readonly indices: Int32Array;
  readonly height: number;
  readonly width: number;
}

export interface IndexMapsGridOptions extends GridText {
  readonly originals: Pictures;
  /** Of the same pictures, in the same order. */
  readonly reconstructions: Pictures;
  readonly maps: readonly IndexMap[];
}

/** Each picture above its reconstruction, and both above the maps that stand between them. */
export function indexMapsGrid(options: IndexMapsGridOptions): Figure {
  const { originals, reconstructions, maps, title = 'Maps of codes', caption } = options;
  const [count, height, width] = originals.shape;
  const drawn = maps.flatMap((map) =>
    Array.from({ length: count }, (_, i) => mapImage(map, i, { height, width })),
  );
  return pictureGrid({
    title,
    caption,
    images: [...imagesOf(originals), ...imagesOf(reconstructions), ...drawn],
    columns: count,
    rowLabels: ['original', 'reconstruction', ...maps.map(({ name }) => name)],
  });
}

export interface CodebookGridOptions extends GridText {
  /** What entries of a codebook stand for. */
  readonly entries: Pictures;
  /** Index of each. */
  readonly indices: readonly number[];
}

/** Part of a picture's height that its colour has. */
const SWATCH = 0.12;

/** Entries of a codebook, each above the colour that it has in maps. */
export function codebookGrid({ entries, indices, title = 'Codebook', caption }: CodebookGridOptions): Figure {
  const tiles = imagesOf(entries).map((entry, i) => {
    const { width, height, data } = entry;
    const swatch = Math.max(1, Math.round(SWATCH * height));
    const tile = new Image(width, height + swatch);
    tile.data.set(data);
    return tile.fill({ left: 0, top: height, width, height: swatch }, indexColor(indices[i]));
  });
  return samplesGrid({ title, caption, samples: picturesOf(tiles) });
}

/** One picture's map, stretched to the picture's size. */
function mapImage(
  { indices, height, width }: IndexMap,
  picture: number,
  size: { height: number; width: number },
): Image {
  const image = new Image(size.width, size.height);
  for (let y = 0; y < size.height; y++) {
    const row = Math.floor((y * height) / size.height);
    for (let x = 0; x < size.width; x++) {
      const column = Math.floor((x * width) / size.width);
      const index = indices[(picture * height + row) * width + column];
      image.data.set([...indexColor(index), 255], 4 * (y * size.width + x));
    }
  }
  return image;
}

/** Hues a golden angle apart: no two indices near each other in number are near in colour. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const SHADES = [0.95, 0.7, 0.45];

function indexColor(index: number): Rgb {
  const hue = (index * GOLDEN) % 1;
  const value = SHADES[index % SHADES.length];
  const channel = (offset: number) => {
    // A triangle wave: the hue's share of each of red, green and blue, at a saturation of three quarters.
    const wave = Math.max(0, Math.min(1, Math.abs(((hue + offset) % 1) * 6 - 3) - 1));
    return Math.round(255 * value * (0.25 + 0.75 * wave));
  };
  return [channel(0), channel(2 / 3), channel(1 / 3)];
}
