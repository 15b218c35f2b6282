import { expect, test } from 'vitest';
import { bars } from './bars.js';
import { toPng } from './raster.js';
import { type Report, reportHtml } from './report.js';
import { samplesGrid } from './sampleGrids.js';

const NASTY = '</title><script>alert("1")</script>&\'';
const grid = samplesGrid({ title: NASTY, samples: { data: new Uint8Array(9), shape: [1, 3, 3, 1] } });
const chart = bars({ title: NASTY, labels: [NASTY], values: [1], yLabel: NASTY });

const least: Report = {
  title: 'vae on glyphs',
  summary: 'A short one.',
  numbers: [],
  data: [],
  configuration: [],
  reproduce: ['vaekit train vae'],
  versions: [],
};
const full: Report = {
  title: NASTY,
  summary: NASTY,
  numbers: [{ name: NASTY, value: NASTY, note: NASTY }],
  warnings: [NASTY],
  curves: [{ figure: chart, caption: NASTY }],
  pictures: [{ figure: grid }, { png: toPng(grid), title: NASTY, caption: NASTY }],
  latents: [
    { name: NASTY, kl: 1.5 },
    { name: 'z1', kl: Number.NaN },
  ],
  data: [{ name: NASTY, value: true }],
  dataNotices: [NASTY],
  configuration: [{ name: NASTY, value: 0.001 }],
  reproduce: [NASTY],
  versions: [{ name: 'vaekit', value: '0.1.0' }],
};

test('names and texts cannot break out of the page', () => {
  const html = reportHtml(full);
  expect(html).not.toMatch(/<script/i);
  expect(html.match(/<\/title>/g)?.length).toBe(2); // The page's, and the figure's.
  expect(html).toContain('&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;');
});

test('the page loads nothing', () => {
  const html = reportHtml(full);
  const sources = [...html.matchAll(/(?:src|href)="([^"]{0,30})/g)].map(([, source]) => source);
  expect(sources.length).toBe(2);
  for (const source of sources) expect(source).toMatch(/^data:image\/png;base64,/);
  expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/);
});

test('lines and letters are SVG, pixels are PNG', () => {
  const html = reportHtml(full);
  expect(html.match(/<svg /g)?.length).toBe(1);
  expect(html.match(/<img /g)?.length).toBe(2);
});

test('every element that is opened is closed, in order', () => {
  const open: string[] = [];
  for (const [, closing, name, rest] of reportHtml(full).matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/gi)) {
    if (['meta', 'img'].includes(name) || rest.endsWith('/')) continue;
    if (closing) expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
});

test('what there is nothing to say about has no section', () => {
  const headings = (report: Report) =>
    [...reportHtml(report).matchAll(/<h2>([^<]*)/g)].map(([, text]) => text);
  expect(headings(least)).toEqual(['How to do it again']);
  expect(headings(full)).toEqual([
    'Warnings',
    'Training',
    'Pictures',
    'Latent dimensions',
    'Data',
    'Configuration',
    'How to do it again',
  ]);
});

test('numbers are written in short, and a KL that is not a number has no bar', () => {
  const html = reportHtml({ ...least, numbers: [{ name: 'loss', value: 98.21345 }], latents: full.latents });
  expect(html).toContain('<dd>98.21</dd>');
  expect(html).toMatch(/1\.500<\/td><td class="bar"><i style="width:100\.0%">/);
  expect(html).toMatch(/NaN<\/td><td class="bar"><i style="width:0\.0%">/);
});

test('many latent dimensions are folded away', () => {
  const latents = Array.from({ length: 128 }, (_, i) => ({ name: `z${i}`, kl: 1 }));
  expect(reportHtml({ ...least, latents })).toContain('<details><summary>128 dimensions</summary>');
});
