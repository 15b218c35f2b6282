/** What holds for every kind of figure, with ordinary data and with odd data. */
import { describe, expect, test } from 'vitest';
import { bars } from './bars.js';
import { columnHistograms } from './columnHistograms.js';
import { columnPairs } from './columnPairs.js';
import { columnReconstructions } from './columnReconstructions.js';
import { filterGrid } from './filterGrid.js';
import { textWidth } from './font.js';
import { latentMap, latentMaps } from './latentMap.js';
import { lossCurves } from './lossCurves.js';
import { overview } from './overview.js';
import { toImage } from './raster.js';
import { rollOutGrid, samplesGrid } from './sampleGrids.js';
import type { Figure } from './surface.js';
import { toSvg } from './svg.js';

const { NaN: gap, POSITIVE_INFINITY: huge } = Number;
const steps = Array.from({ length: 500 }, (_, i) => i * 10);
const NASTY = '<b>"Tom" & \'Jerry\'</b> \u0000 β';

const columns = [
  { name: NASTY, type: 'numeric' },
  { name: 'visits', type: 'count' },
  { name: 'kind', type: 'categorical', categories: ['a', 'b & c', NASTY] },
] as const;
const rows = (scale: number) => ({
  columns,
  data: Float32Array.from({ length: 300 }, (_, at) =>
    at % 3 === 0 ? scale * Math.sin(at) : at % 3 === 1 ? Math.floor(at / 60) : Math.floor(at / 3) % 3,
  ),
});
const codes = (dimensions: number, count = 200) => ({
  data: Float64Array.from({ length: count * dimensions }, (_, i) => Math.sin(i * i)),
  count,
  dimensions,
});

const tiles = (height: number, width: number) => ({
  name: NASTY,
  pictures: {
    data: Float32Array.from({ length: 16 * height * width }, (_, i) => (i === 5 ? gap : Math.sin(i))),
    shape: [16, height, width, 1] as const,
  },
  columns: 4,
});

const figures: Record<string, Figure> = {
  ...Object.fromEntries(
    [0, 1, 2].map((count) => [
      `a run at a glance with ${count} sets of pictures`,
      overview({
        title: NASTY,
        curve: {
          name: 'objective',
          series: [{ label: 'training', x: steps, y: steps.map((x) => 1 / (1 + x)) }],
        },
        tiles: [tiles(28, 28), tiles(1, 1)].slice(0, count),
      }),
    ]),
  ),
  'loss curves': lossCurves({
    terms: ['loss', 'reconstruction', 'kl'].map((name, k) => ({
      name,
      note: 'nats per sample',
      series: [
        { label: 'train', x: steps, y: steps.map((x) => 100 * k + 50 * Math.exp(-x / 500) + Math.sin(x)) },
        { label: 'validation', x: [0, 2500, 4990], y: [140, 105, 101] },
      ],
    })),
  }),
  'loss curves of odd values': lossCurves({
    title: NASTY,
    scale: 'log',
    terms: [
      { name: NASTY, series: [{ label: NASTY, x: [0, 1, 2, 3], y: [gap, 1, huge, -1] }] },
      { name: 'constant', series: [{ label: 'c', x: [0, 1], y: [3, 3] }] },
      {
        name: 'nothing',
        series: [
          { label: 'n', x: [0], y: [gap] },
          { label: 'empty', x: [], y: [] },
        ],
      },
    ],
  }),
  bars: bars({ title: 'KL', labels: ['z0', 'z1', 'z2'], values: [1, gap, -2], yLabel: 'nats' }),
  'a bar': bars({ title: NASTY, labels: [NASTY], values: [0], yLabel: NASTY }),
  'many bars': bars({
    title: 'KL',
    labels: steps.map((i) => `z${i}`),
    values: steps,
    yLabel: 'nats',
  }),
  'a latent map': latentMap({
    codes: codes(5),
    colors: { kind: 'class', labels: new Int32Array(200).map((_, i) => i % 3), classes: ['a', NASTY, 'c'] },
  }),
  'a latent map of values': latentMap({
    codes: codes(2),
    colors: {
      kind: 'value',
      name: NASTY,
      values: Float32Array.from({ length: 200 }, (_, i) => (i ? i : gap)),
    },
  }),
  'a latent map of one code': latentMap({ codes: codes(1, 1) }),
  'latent maps of several models': latentMaps({
    maps: [1, 2, 5, 3].map((dimensions) => ({ name: `${NASTY} ${dimensions}`, codes: codes(dimensions) })),
    colors: { kind: 'class', labels: new Int32Array(200).map((_, i) => i % 2), classes: ['a', NASTY] },
  }),
  'filters of several models': filterGrid({
    filters: [NASTY, 'b'].map((name) => ({
      name,
      weights: { data: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)), shape: [2, 4, 4, 1] },
    })),
  }),
  'reconstructed columns': columnReconstructions({ originals: rows(1), reconstructions: rows(1.1) }),
  'column histograms': columnHistograms({ data: rows(1), samples: rows(2) }),
  'column pairs': columnPairs({
    sets: [
      { name: 'data', rows: { columns: columns.slice(0, 2), data: rows(1).data } },
      { name: NASTY, rows: { columns: columns.slice(0, 2), data: rows(2).data } },
    ],
  }),
  'a roll-out': rollOutGrid({
    came: { data: new Uint8Array(6 * 9), shape: [6, 3, 3, 1] },
    said: { data: new Uint8Array(6 * 9).fill(200), shape: [6, 3, 3, 1] },
    times: [0, 1, 4],
    title: NASTY,
  }),
  'a grid of samples': samplesGrid({
    title: NASTY,
    samples: { data: new Uint8Array(4 * 9), shape: [4, 3, 3, 1] },
  }),
};

/** Throws where tags do not nest, attributes repeat or are not quoted, or a character should have been escaped. */
function requireWellFormed(xml: string): void {
  const open: string[] = [];
  const outside = xml.replace(
    /<(\/?)([a-z]+)((?:\s+[a-z-]+(?::[a-z]+)?="[^"<]*")*)\s*(\/?)>/gi,
    (...match) => {
      const [, closing, name, attributes, empty] = match;
      const names = [...attributes.matchAll(/([a-z:-]+)=/gi)].map(([, attribute]) => attribute);
      if (closing === '' && names.length > new Set(names).size)
        throw new Error(`an attribute of ${name} repeats`);
      if (closing && open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      if (!closing && !empty) open.push(name);
      return '';
    },
  );
  if (open.length > 0) throw new Error(`<${open.join('> <')}> stays open`);
  if (/[<>]/.test(outside)) throw new Error(`a bracket is left in ${outside.trim()}`);
  if (/&(?!amp;|lt;|gt;|quot;|#39;)/.test(xml)) throw new Error('an ampersand is not escaped');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML does not allow.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(xml)) throw new Error('a control character is left');
}

describe.each(Object.entries(figures))('%s', (_, figure) => {
  test('is well-formed as SVG, and every number in it is finite', () => {
    const svg = toSvg(figure);
    expect(() => requireWellFormed(svg)).not.toThrow();
    // Words of people's own, and pixels in base 64, may hold any letters.
    const marks = svg.replace(/>[^<]*<\/(text|title)>/g, '').replace(/(aria-label|href)="[^"]*"/g, '');
    expect(marks).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('has the same size in SVG and in pixels', () => {
    const [, width, height] = toSvg(figure).match(/viewBox="0 0 (\S+) (\S+)"/) ?? [];
    const image = toImage(figure);
    expect(image.width).toBe(Math.ceil(Number(width) * figure.pixelRatio));
    expect(image.height).toBe(Math.ceil(Number(height) * figure.pixelRatio));
  });

  test('keeps all its marks within its bounds', () => {
    const inside = (x: number, y: number) => {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(figure.width + 0.01);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(figure.height + 0.01);
    };
    const box = ({
      left,
      top,
      width,
      height,
    }: {
      left: number;
      top: number;
      width: number;
      height: number;
    }) => {
      inside(left, top);
      inside(left + width, top + height);
    };
    figure.draw({
      rect: box,
      image: (_image, where) => box(where),
      dot: (x, y, radius) => {
        inside(x - radius, y - radius);
        inside(x + radius, y + radius);
      },
      line: (points) => {
        for (let i = 0; i < points.length; i += 2) inside(points[i], points[i + 1]);
      },
      text: (text, x, y, { size, weight, anchor = 'start' }) => {
        const width = size * textWidth(text, weight);
        const left = x - { start: 0, middle: 0.5, end: 1 }[anchor] * width;
        inside(left, y - size);
        inside(left + width, y + 0.3 * size);
      },
    });
  });
});

test('the check of XML finds what is wrong', () => {
  for (const wrong of ['<a><b></a></b>', '<a', '<a>&x</a>', '<a x="1" x="2"/>', '<a x=1/>', '<a>', 'a > b']) {
    expect(() => requireWellFormed(wrong)).toThrow();
  }
});
