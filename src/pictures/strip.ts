/** Sequences of pictures as strips: the frames of each side by side, so that time runs to the right. */
import { theme } from './color.js';
import { Image } from './image.js';
import { imagesOf, type Pictures } from './pictures.js';

/** Frames that a strip shows; of a longer sequence, as many that are evenly spread. */
const MOST_FRAMES = 20;
/** Small frames are enlarged as long as a strip is no wider. */
const WIDEST = 500;
const GAP = 1;

/**
 * One strip for each sequence.
 *
 * @param frames those of the first sequence, then those of the second …
 * @param time   frames of a sequence
 * @throws RangeError if the frames are no whole number of sequences
 */
export function stripsOf(frames: Pictures, time: number): Image[] {
  const [count, height, width] = frames.shape;
  if (count % time !== 0)
    throw new RangeError(`stripsOf: ${count} frames are no whole number of sequences of ${time}`);
  const shown = evenly(time, MOST_FRAMES);
  const factor = Math.max(1, Math.floor((WIDEST / shown.length - GAP) / width));
  const [cellWidth, cellHeight] = [width * factor, height * factor];
  const images = imagesOf(frames);
  return Array.from({ length: count / time }, (_, sequence) => {
    const strip = new Image(shown.length * (cellWidth + GAP) - GAP, cellHeight);
    strip.fill({ left: 0, top: 0, width: strip.width, height: cellHeight }, theme.grid);
    shown.forEach((t, i) => {
      const box = { left: i * (cellWidth + GAP), top: 0, width: cellWidth, height: cellHeight };
      strip.draw(images[sequence * time + t], box);
    });
    return strip;
  });
}

/** At most so many of the numbers from 0 to count − 1, both ends among them. */
function evenly(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}
