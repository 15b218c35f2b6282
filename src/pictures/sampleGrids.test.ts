import { expect, test } from 'vitest';
import type { Pictures } from './pictures.js';
import { toImage } from './raster.js';
import {
  denoisingGrid,
  interpolationGrid,
  manifoldGrid,
  reconstructionGrid,
  samplesGrid,
  traversalGrid,
} from './sampleGrids.js';
import type { Figure } from './surface.js';
import { toSvg } from './svg.js';

/** Pictures of one grey level each. */
function flat(levels: readonly number[], height = 28, width = 28): Pictures {
  const data = Uint8Array.from(
    { length: levels.length * height * width },
    (_, at) => levels[Math.floor(at / (height * width))],
  );
  return { data, shape: [levels.length, height, width, 1] };
}

interface Placed {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where the pictures of a figure are, in the order in which they are drawn. */
function placed(figure: Figure): Placed[] {
  const boxes: Placed[] = [];
  figure.draw({
    rect() {},
    line() {},
    dot() {},
    text() {},
    image: (_, box) => boxes.push(box),
  });
  return boxes;
}

/** The texts of a figure. */
const texts = (figure: Figure) => [...toSvg(figure).matchAll(/>([^<>\n]+)<\/text>/g)].map(([, text]) => text);

test.each([
  [1, 28, 28, 112],
  [100, 28, 28, 112],
  [36, 64, 64, 128],
  [6, 1, 1, 128],
  [4, 225, 96, 96],
  [3, 20, 300, 300],
  [30, 512, 512, 256],
])('%d pictures of %d × %d are shown %d pixels wide, by a whole factor', (count, height, width, shown) => {
  const figure = samplesGrid({ samples: flat(new Array(count).fill(9), height, width) });
  const boxes = placed(figure);
  expect(boxes.length).toBe(count);
  for (const box of boxes) {
    expect(box.width).toBe(shown);
    expect(box.height * width).toBe(shown * height);
    expect(Number.isInteger(box.left) && Number.isInteger(box.top)).toBe(true);
    expect(box.left + box.width).toBeLessThan(figure.width);
    expect(box.top + box.height).toBeLessThan(figure.height);
  }
});

test('every pixel of an enlarged picture is a square of one colour', () => {
  const data = Uint8Array.from({ length: 28 * 28 }, (_, i) => i % 251);
  const figure = samplesGrid({ samples: { data, shape: [1, 28, 28, 1] } });
  const [box] = placed(figure);
  const { data: shown, width } = toImage(figure);
  for (let y = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++) {
      const level = shown[4 * ((box.top + y) * width + box.left + x)];
      expect(level).toBe(data[Math.floor(y / 4) * 28 + Math.floor(x / 4)]);
    }
  }
});

test('a grid is about square and leaves little of its last row empty', () => {
  const columnsOf = (count: number, height: number, width: number) => {
    const boxes = placed(samplesGrid({ samples: flat(new Array(count).fill(0), height, width) }));
    return new Set(boxes.map(({ left }) => left)).size;
  };
  expect([columnsOf(64, 28, 28), columnsOf(100, 8, 8), columnsOf(1, 3, 3)]).toEqual([8, 10, 1]);
  expect(columnsOf(12, 28, 28)).toBe(4);
  expect(columnsOf(9, 20, 300)).toBe(1);
});

test('a reconstruction stands under its original', () => {
  const originals = flat([10, 11, 12, 13, 14]);
  const reconstructions = flat([20, 21, 22, 23, 24]);
  const figure = reconstructionGrid({ originals, reconstructions, columns: 2 });
  const boxes = placed(figure);
  const image = toImage(figure);
  const levels = boxes.map(({ left, top }) => image.data[4 * ((top + 5) * image.width + left + 5)]);
  // The fifth pair would be a row of one.
  expect(levels).toEqual([10, 11, 20, 21, 12, 13, 22, 23]);
  expect(boxes[0].left).toBe(boxes[2].left);
  expect(texts(figure)).toEqual([
    'Reconstructions',
    'original',
    'reconstruction',
    'original',
    'reconstruction',
  ]);
});

test('a picture with noise stands under its original, and what is restored under that', () => {
  const figure = denoisingGrid({
    originals: flat([10, 11, 12]),
    corrupted: flat([20, 21, 22]),
    restored: flat([30, 31, 32]),
    columns: 2,
    caption: 'Better.',
  });
  const image = toImage(figure);
  const levels = placed(figure).map(({ left, top }) => image.data[4 * ((top + 5) * image.width + left + 5)]);
  expect(levels).toEqual([10, 11, 20, 21, 30, 31]);
  expect(texts(figure)).toEqual(['Denoising', 'Better.', 'original', 'with noise', 'restored']);
  expect(() =>
    denoisingGrid({ originals: flat([1, 2]), corrupted: flat([1, 2]), restored: flat([1]) }),
  ).toThrow("denoisingGrid: 2 pictures, but 1 'restored'; give one of each");
});

test('a traversal names its dimensions with their KL, and its values', () => {
  const figure = traversalGrid({
    pictures: flat([1, 2, 3, 4, 5, 6]),
    dimensions: [
      { index: 3, kl: 1.234 },
      { index: 7, kl: 0.004 },
    ],
    values: [-3, 0, 3],
  });
  expect(texts(figure).slice(-5)).toEqual(['−3', '0', '3', 'z3  KL 1.2', 'z7  KL 0.00']);
});

test('the pictures of a latent plane touch', () => {
  const boxes = placed(manifoldGrid({ pictures: flat([1, 2, 3, 4]), rows: [1, -1], columns: [-1, 1] }));
  expect(boxes[1].left).toBe(boxes[0].left + boxes[0].width);
  expect(boxes[2].top).toBe(boxes[0].top + boxes[0].height);
});

test('an interpolation goes from 0 to 1', () => {
  const figure = interpolationGrid({
    pictures: flat([1, 2, 3, 4, 5, 6]),
    steps: 3,
    rowLabels: ['a → b', 'c'],
  });
  expect(texts(figure)).toEqual(['Interpolations', '0', '0.5', '1', 'a → b', 'c']);
});

test('labels that have no room leave some out rather than run into each other', () => {
  const values = Array.from({ length: 60 }, (_, i) => i / 100);
  const figure = manifoldGrid({ pictures: flat(new Array(60).fill(0), 4, 4), rows: [0], columns: values });
  const shown = texts(figure).filter((text) => text.startsWith('0.'));
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.length).toBeLessThan(40);
});

test('pictures that are not as many as they should be are refused', () => {
  expect(() => samplesGrid({ samples: flat([]) })).toThrow('grid: there are no pictures to show');
  expect(() => reconstructionGrid({ originals: flat([1, 2]), reconstructions: flat([1]) })).toThrow(
    "reconstructionGrid: 2 pictures, but 1 'reconstruction'; give one of each",
  );
  expect(() =>
    traversalGrid({ pictures: flat([1, 2, 3]), dimensions: [{ index: 0 }], values: [0, 1] }),
  ).toThrow('traversalGrid: 3 pictures do not fill 1 rows of 2');
  expect(() => interpolationGrid({ pictures: flat([1, 2, 3]), steps: 2 })).toThrow(
    'interpolationGrid: 3 pictures do not fill 1.5 rows of 2',
  );
});
