/** Samples that are pictures, as images: grey, colour or more channels, levels or shares of full intensity. */
import { theme } from './color.js';
import { Image } from './image.js';

export interface Pictures {
  /** Levels from 0 to 255 as bytes, or intensities from 0 to 1 as floats; what is beyond is shown as the end. */
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array | Float64Array;
  /**
   * Channels last: 1 is grey, 3 is red, green, blue, 4 has opacity too; of any other number the first three are
   * shown as red, green and blue.
   */
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
}

/**
 * One image for each picture. A pixel that is not a number stands out as missing.
 *
 * @throws RangeError if there are not as many values as the shape says
 */
export function imagesOf(pictures: Pictures): Image[] {
  const { data, shape } = pictures;
  const [count, height, width, channels] = shape;
  if (data.length !== count * height * width * channels) {
    throw new RangeError(
      `pictures: ${data.length} values for shape [${shape.join(', ')}], which has ${count * height * width * channels}`,
    );
  }
  const full = data instanceof Uint8Array || data instanceof Uint8ClampedArray ? 1 : 255;
  const level = (at: number) => Math.max(0, Math.min(255, Math.round(data[at] * full)));
  return Array.from({ length: count }, (_, index) => {
    const pixels = new Uint8Array(4 * height * width);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const from = (index * height * width + pixel) * channels;
      const to = 4 * pixel;
      for (let channel = 0; channel < 3; channel++) {
        // Grey repeats its one channel; two channels leave blue dark.
        const source = channels === 1 ? from : from + channel;
        pixels[to + channel] = source < from + channels ? level(source) : 0;
      }
      pixels[to + 3] = channels === 4 ? level(from + 3) : 255;
      if (data.subarray(from, from + channels).some(Number.isNaN)) pixels.set([...theme.missing, 255], to);
    }
    return new Image(width, height, pixels);
  });
}

/** Images of one size as pictures, with opacity. @throws RangeError if there are none, or their sizes differ */
export function picturesOf(images: readonly Image[]): Pictures {
  const [first] = images;
  if (
    first === undefined ||
    images.some(({ width, height }) => width !== first.width || height !== first.height)
  )
    throw new RangeError('pictures: there are no images, or images of several sizes; give some of one size');
  const size = first.data.length;
  const data = new Uint8Array(images.length * size);
  images.forEach((image, i) => {
    data.set(image.data, i * size);
  });
  return { data, shape: [images.length, first.height, first.width, 4] };
}

/**
 * The image with `factor` × `factor` pixels made one, their mean; what does not fill a whole square at the right and
 * at the bottom counts as it is.
 */
export function reduced(image: Image, factor: number): Image {
  const width = Math.ceil(image.width / factor);
  const height = Math.ceil(image.height / factor);
  const result = new Image(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sums = [0, 0, 0, 0];
      let count = 0;
      for (let row = y * factor; row < Math.min(image.height, (y + 1) * factor); row++) {
        for (let column = x * factor; column < Math.min(image.width, (x + 1) * factor); column++) {
          const at = 4 * (row * image.width + column);
          const opacity = image.data[at + 3];
          // Colours count as much as they are seen.
          for (let channel = 0; channel < 3; channel++) sums[channel] += opacity * image.data[at + channel];
          sums[3] += opacity;
          count++;
        }
      }
      const at = 4 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) {
        result.data[at + channel] = sums[3] > 0 ? sums[channel] / sums[3] + 0.5 : 0;
      }
      result.data[at + 3] = sums[3] / count + 0.5;
    }
  }
  return result;
}
