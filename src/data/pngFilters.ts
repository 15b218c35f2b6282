/**
 * Rows of pixels as the differences that PNG files hold, which compress better than the pixels themselves.
 *
 * Source: W3C, "Portable Network Graphics (PNG) Specification", third edition, §9.
 */

/** Numbers of filters, the last of which is Paeth's; §9.2 of the specification. */
const [NONE, LEFT, ABOVE, AVERAGE] = [0, 1, 2, 3];

/**
 * Rows as differences that compress well, each led by the number of its filter: the one with the smallest sum of
 * absolute differences (the specification's heuristic, §12.7).
 *
 * @param raw      levels, row-major [height, width, channels]
 * @param stride   numbers of a row, width · channels
 * @returns [height, 1 + stride]
 */
export function filteredRows(raw: Uint8Array, stride: number, channels: number): Uint8Array {
  const rows = raw.length / stride;
  const result = new Uint8Array(raw.length + rows);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * stride, row * (stride + 1)];
    // Most rows of a figure are the row above again, and the result is zeros already.
    if (row > 0 && repeats(raw, from, stride)) {
      result[to] = ABOVE;
      continue;
    }
    const filter = cheapestFilter(raw, from, stride, channels);
    result[to] = filter;
    for (let i = 0; i < stride; i++) {
      const at = from + i;
      const left = i >= channels ? raw[at - channels] : 0;
      const above = row > 0 ? raw[at - stride] : 0;
      const corner = i >= channels && row > 0 ? raw[at - stride - channels] : 0;
      result[to + 1 + i] = raw[at] - predicted(filter, left, above, corner);
    }
  }
  return result;
}

/** Whether a row is the one above it. */
function repeats(raw: Uint8Array, from: number, stride: number): boolean {
  for (let at = from; at < from + stride; at++) if (raw[at] !== raw[at - stride]) return false;
  return true;
}

function cheapestFilter(raw: Uint8Array, from: number, stride: number, channels: number): number {
  let [none, byLeft, byAbove, byAverage, byPaeth] = [0, 0, 0, 0, 0];
  for (let i = 0; i < stride; i++) {
    const at = from + i;
    const left = i >= channels ? raw[at - channels] : 0;
    const above = from > 0 ? raw[at - stride] : 0;
    const corner = i >= channels && from > 0 ? raw[at - stride - channels] : 0;
    none += magnitude(raw[at]);
    byLeft += magnitude(raw[at] - left);
    byAbove += magnitude(raw[at] - above);
    byAverage += magnitude(raw[at] - ((left + above) >> 1));
    byPaeth += magnitude(raw[at] - paeth(left, above, corner));
  }
  const costs = [none, byLeft, byAbove, byAverage, byPaeth];
  return costs.indexOf(Math.min(...costs));
}

/** Of a difference modulo 256, taken as −128 … 127. */
function magnitude(difference: number): number {
  return Math.abs((difference << 24) >> 24);
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case NONE:
      return 0;
    case LEFT:
      return left;
    case ABOVE:
      return above;
    case AVERAGE:
      return (left + above) >> 1;
    default:
      return paeth(left, above, corner);
  }
}

/** The neighbour that is nearest to left + above − corner. */
function paeth(left: number, above: number, corner: number): number {
  const byLeft = Math.abs(above - corner);
  const byAbove = Math.abs(left - corner);
  const byCorner = Math.abs(left + above - 2 * corner);
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}
