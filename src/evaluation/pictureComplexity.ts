/**
 * How much there is in a picture, whatever models were trained on: the length of a lossless code for it,
 *
 *   L(x) = min over two codes |C(x)| bits,
 *
 * DEFLATE of its levels as they are, which suits pictures of few levels, and of the differences between neighbours that PNG
 * files hold, which suits photographs. Headers and checksums, as long for every picture, are not counted.
 *
 * Source: Serrà et al., ICLR 2020 (arXiv:1909.11480).
 */
import { deflateSync } from 'fflate';
import { filteredRows, type ImageSpec } from '../data/index.js';

const LEVELS = 256;
/** Of DEFLATE: as short as it gets. */
const EFFORT = 9;

/**
 * L of each picture, bits. One library in Node and in pages, so that scores are the same there.
 *
 * @param x levels as they are stored, row-major [count, height, width, channels]; of a range other than that of bytes, the
 *          nearest of 256 levels of it
 */
export function pictureComplexity({ shape, range }: ImageSpec, x: ArrayLike<number>): Float64Array {
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const [low, high] = range;
  return Float64Array.from({ length: x.length / size }, (_, n) => {
    const levels = Uint8Array.from({ length: size }, (_, i) =>
      Math.round(((x[n * size + i] - low) / (high - low)) * (LEVELS - 1)),
    );
    const codes = [levels, filteredRows(levels, width * channels, channels)];
    return 8 * Math.min(...codes.map((code) => deflateSync(code, { level: EFFORT }).length));
  });
}
