/** How pixels of any type are stored: as bytes where they are whole levels up to 255, else as float32. */
import type { ImageSpec } from './dataset.js';
import { type Elements, type ElementType, toFloat32 } from './elements.js';
import { byteRange, type Extremes, inferRange, type Range } from './range.js';

export interface ImageStorage extends Pick<ImageSpec, 'dtype' | 'range'> {
  /** What the user should know about the choice. */
  readonly notices: readonly string[];
  store(values: Elements): Uint8Array | Float32Array;
}

/**
 * @param extremes of the pixels, or of many of them
 * @throws DataError asking for `range` where the pixels fit no common one
 */
export function storageFor(name: string, type: ElementType, extremes: Extremes, range?: Range): ImageStorage {
  const [low, high] = range ?? [extremes.min, extremes.max];
  if (!type.startsWith('float') && low >= 0 && high <= 255) {
    return {
      dtype: 'uint8',
      range: range ?? byteRange(extremes.max),
      notices: [],
      store: (values) => (values instanceof Uint8Array ? values : Uint8Array.from(values)),
    };
  }
  const store = (values: Elements) => toFloat32(name, values);
  if (range) return { dtype: 'float32', range, notices: [], store };
  if (type !== 'uint16') return { dtype: 'float32', range: inferRange(name, extremes), notices: [], store };
  const notice = `pixels of 16 bits go up to ${extremes.max}, and full intensity is taken to be 65535; the option range changes that`;
  return { dtype: 'float32', range: [0, 65_535], notices: [notice], store };
}
