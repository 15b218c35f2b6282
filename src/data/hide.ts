/** Holes made on purpose, to see how well they are filled where the truth is known. */
import { RandomStream } from '../random/index.js';
import { DataError, type SampleSpec } from './dataset.js';
import { rowOf, showSpec } from './specs.js';

/**
 * What is hidden of samples:
 *
 *   half     the lower half of a picture, the later half of a sequence
 *   box      a square in the middle of a picture, half as high and wide as it
 *   random   every pixel, cell or number with this probability
 *   columns  these columns of a table
 */
export type Hiding =
  | { readonly kind: 'half' | 'box' }
  | { readonly kind: 'random'; readonly share: number }
  | { readonly kind: 'columns'; readonly names: readonly string[] };

/**
 * 1 where a number stays and 0 where it is hidden, [count, ...sample].
 *
 * @param seed key of what is hidden at random: of each sample the same, whichever others there are
 * @throws DataError if samples of this kind have nothing of the sort
 */
export function hidden(spec: SampleSpec, count: number, how: Hiding, seed = 0): Uint8Array {
  const width = spec.shape.reduce<number>((product, length) => product * length, 1);
  if (spec.kind === 'points') throw new DataError('clouds of points have no places to make holes in');
  const stays = new Uint8Array(count * width).fill(1);
  if (how.kind === 'random') {
    // The channels of a pixel go together.
    const step = spec.kind === 'image' ? spec.shape[2] : 1;
    const stream = new RandomStream(seed, 'hidden');
    for (let row = 0; row < count; row++) {
      const u = stream.uniform(new Float32Array(width / step), row);
      for (let j = 0; j < width; j++) if (u[Math.floor(j / step)] < how.share) stays[row * width + j] = 0;
    }
    return stays;
  }
  const isHidden = placesOf(spec, how);
  for (let i = 0; i < stays.length; i++) if (isHidden(i % width)) stays[i] = 0;
  return stays;
}

/** What `vaekit impute --hide` takes for samples without columns. */
function whatCanBeHidden({ kind }: SampleSpec): string {
  return kind === 'image' ? 'half, box and random=SHARE' : 'half and random=SHARE';
}

/** Whether the number at a place of a sample is hidden. */
function placesOf(spec: SampleSpec, how: Exclude<Hiding, { kind: 'random' }>): (place: number) => boolean {
  const nothing = (what: string) => new DataError(`${showSpec(spec)} have no ${what} to hide`);
  if (how.kind === 'columns') {
    const columns = rowOf(spec)?.columns.map(({ name }) => name);
    if (!columns)
      throw new DataError(
        `${showSpec(spec)} have no column '${how.names[0]}' to hide; they have ${whatCanBeHidden(spec)}`,
      );
    const unknown = how.names.find((name) => !columns.includes(name));
    if (unknown !== undefined)
      throw new DataError(`there is no column '${unknown}' to hide; there are ${columns.join(', ')}`);
    return (place) => how.names.includes(columns[place % columns.length]);
  }
  if (spec.kind === 'image') {
    const [height, width, channels] = spec.shape;
    if (how.kind === 'half') return (place) => Math.floor(place / (width * channels)) >= height / 2;
    const within = (at: number, side: number) => at >= Math.floor(side / 4) && at < Math.ceil((3 * side) / 4);
    return (place) =>
      within(Math.floor(place / (width * channels)), height) &&
      within(Math.floor(place / channels) % width, width);
  }
  if (spec.kind === 'sequence' && how.kind === 'half') {
    const [time, ...frame] = spec.shape;
    const size = frame.reduce((product, length) => product * length, 1);
    return (place) => Math.floor(place / size) >= time / 2;
  }
  throw nothing(how.kind);
}
