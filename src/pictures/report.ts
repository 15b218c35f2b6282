/**
 * A run told on one page: an HTML file that holds all it shows, loads nothing, runs no script, and reads well on a
 * phone, on paper and in the dark.
 */
import { dataUri, escapeXml } from './escape.js';
import { toPng } from './raster.js';
import { reportStyle } from './reportStyle.js';
import type { Figure } from './surface.js';
import { toSvg } from './svg.js';
import { formatNumber, signed } from './typesetting.js';

export interface Fact {
  readonly name: string;
  readonly value: string | number | boolean;
  /** A unit, or what to compare with. */
  readonly note?: string;
}

/** Something to look at: a figure to draw, or one that is a PNG already. */
export type ReportPicture = { readonly caption?: string } & (
  | { readonly figure: Figure }
  | { readonly png: Uint8Array; readonly title: string }
);

export interface LatentRow {
  /** z0, z1 … */
  readonly name: string;
  /** Nats per sample. */
  readonly kl: number;
}

export interface Report {
  title: string;
  /** What was trained on what, and how it went: one paragraph. */
  summary: string;
  /** The few numbers that matter most. */
  numbers: readonly Fact[];
  /** What the reader should know before trusting the numbers. */
  warnings?: readonly string[];
  curves?: readonly ReportPicture[];
  pictures?: readonly ReportPicture[];
  latents?: readonly LatentRow[];
  data: readonly Fact[];
  /** What was noticed while the data was read. */
  dataNotices?: readonly string[];
  configuration: readonly Fact[];
  /** Command lines, one each, that do it again. */
  reproduce: readonly string[];
  versions: readonly Fact[];
}

/** A longer table of latent dimensions is folded away. */
const LONG = 32;

export function reportHtml(report: Report): string {
  const { title, summary, numbers, warnings = [], curves = [], pictures = [], latents = [] } = report;
  const { data, dataNotices = [], configuration, reproduce, versions } = report;
  const body = [
    `<header><h1>${escapeXml(title)}</h1>`,
    `<p>${escapeXml(summary)}</p></header>`,
    numbers.length > 0
      ? `<section aria-label="Key numbers"><dl class="numbers">${numbers.map(numberCard).join('')}</dl></section>`
      : '',
    warnings.length > 0 ? section('Warnings', list(warnings), 'warnings') : '',
    curves.length > 0 ? section('Training', curves.map(picture).join('\n')) : '',
    pictures.length > 0 ? section('Pictures', pictures.map(picture).join('\n')) : '',
    latents.length > 0 ? section('Latent dimensions', latentTable(latents)) : '',
    data.length + dataNotices.length > 0 ? section('Data', factTable(data) + list(dataNotices)) : '',
    configuration.length > 0 ? section('Configuration', factTable(configuration)) : '',
    section(
      'How to do it again',
      `<pre><code>${reproduce.map(escapeXml).join('\n')}</code></pre>${factTable(versions)}`,
    ),
  ];
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeXml(title)}</title>`,
    `<style>${reportStyle()}</style></head>`,
    `<body><main>`,
    ...body.filter(Boolean),
    '</main></body></html>',
    '',
  ].join('\n');
}

function section(title: string, content: string, kind?: string): string {
  const marked = kind ? ` class="${kind}"` : '';
  return `<section${marked}><h2>${escapeXml(title)}</h2>\n${content}</section>`;
}

function numberCard({ name, value, note }: Fact): string {
  const small = note ? `<small>${escapeXml(note)}</small>` : '';
  return `<div><dt>${escapeXml(name)}</dt><dd>${shown(value)}${small}</dd></div>`;
}

function factTable(facts: readonly Fact[]): string {
  const rows = facts.map(({ name, value, note }) => {
    const small = note ? ` <small>${escapeXml(note)}</small>` : '';
    return `<tr><th scope="row">${escapeXml(name)}</th><td>${shown(value)}${small}</td></tr>`;
  });
  return rows.length > 0
    ? `<div class="wide"><table><tbody>\n${rows.join('\n')}\n</tbody></table></div>`
    : '';
}

function latentTable(latents: readonly LatentRow[]): string {
  const largest = Math.max(...latents.map(({ kl }) => (Number.isFinite(kl) ? kl : 0)), Number.MIN_VALUE);
  const rows = latents.map(({ name, kl }) => {
    const share = Number.isFinite(kl) ? Math.max(0, Math.min(100, (100 * kl) / largest)) : 0;
    return `<tr><th scope="row">${escapeXml(name)}</th><td class="number">${signed(kl.toFixed(3))}</td><td class="bar"><i style="width:${share.toFixed(1)}%"></i></td></tr>`;
  });
  const head =
    '<thead><tr><th scope="col">dimension</th><th scope="col" colspan="2">KL, nats per sample</th></tr></thead>';
  const table = `<div class="wide"><table>${head}<tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
  return latents.length > LONG
    ? `<details><summary>${latents.length} dimensions</summary>${table}</details>`
    : table;
}

function list(items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<ul>${items.map((item) => `<li>${escapeXml(item)}</li>`).join('')}</ul>`;
}

function shown(value: Fact['value']): string {
  return escapeXml(typeof value === 'number' ? formatNumber(value) : String(value));
}

function picture(shownPicture: ReportPicture): string {
  const { caption } = shownPicture;
  const content =
    'figure' in shownPicture
      ? figureMarkup(shownPicture.figure)
      : imageMarkup(shownPicture.png, shownPicture.title);
  return `<figure>${content}${caption ? `<figcaption>${escapeXml(caption)}</figcaption>` : ''}</figure>`;
}

/** Lines and letters stay sharp, and follow the page into the dark, as SVG; pixels are smaller as PNG. */
function figureMarkup(figure: Figure): string {
  return figure.pixelRatio > 1 ? toSvg(figure) : imageMarkup(toPng(figure), figure.title);
}

function imageMarkup(png: Uint8Array, title: string): string {
  return `<img src="${dataUri(png, 'image/png')}" alt="${escapeXml(title)}">`;
}
