/**
 * Figures as SVG. Parts of the theme carry a class (`ink`, `muted`, `grid`, `paper`), so that a page which shows the
 * figure inline can give them other colours in the dark.
 */
import type { Polyline } from '../data/strokes.js';
import type { Box } from './box.js';
import { hexOf, type Paint } from './color.js';
import { dataUri, escapeXml } from './escape.js';
import { textWidth } from './font.js';
import type { Image } from './image.js';
import { encodePng } from './png.js';
import type { Figure, LineStyle, Surface, TextStyle } from './surface.js';

const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif';

export function toSvg(figure: Figure): string {
  const surface = new SvgSurface();
  figure.draw(surface);
  const { width, height } = figure;
  const title = escapeXml(figure.title);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` role="img" aria-label="${title}" font-family="${FONT}"><title>${title}</title>\n`,
    `<rect width="${width}" height="${height}"${fill('paper')}/>\n`,
    surface.marks.join('\n'),
    '\n</svg>\n',
  ].join('');
}

class SvgSurface implements Surface {
  readonly marks: string[] = [];

  rect({ left, top, width, height }: Box, paint: Paint, opacity = 1): void {
    const place = `x="${short(left)}" y="${short(top)}" width="${short(width)}" height="${short(height)}"`;
    this.marks.push(`<rect ${place}${fill(paint)}${opaque(opacity)}/>`);
  }

  line(points: Polyline, { paint, width, opacity = 1 }: LineStyle): void {
    const pairs = Array.from(points, (at, i) => (i % 2 === 0 ? `${short(at)},` : `${short(at)} `));
    const stroke = ` fill="none" stroke-width="${short(width)}" stroke-linecap="round" stroke-linejoin="round"`;
    this.marks.push(
      `<polyline points="${pairs.join('').trim()}"${stroke}${colored('stroke', paint)}${opaque(opacity)}/>`,
    );
  }

  dot(x: number, y: number, radius: number, paint: Paint): void {
    this.marks.push(`<circle cx="${short(x)}" cy="${short(y)}" r="${short(radius)}"${fill(paint)}/>`);
  }

  text(text: string, x: number, y: number, style: TextStyle): void {
    const { size, paint = 'ink', weight = 'regular', anchor = 'start' } = style;
    const bold = weight === 'bold' ? ' font-weight="600"' : '';
    const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
    // Whatever font the reader has, the text takes the room that was left for it.
    const length = ` textLength="${short(size * textWidth(text, weight))}" lengthAdjust="spacingAndGlyphs"`;
    this.marks.push(
      `<text x="${short(x)}" y="${short(y)}" font-size="${size}"${bold}${anchored}${length}${fill(paint)}>${escapeXml(text)}</text>`,
    );
  }

  image(image: Image, { left, top, width, height }: Box): void {
    const place = `x="${short(left)}" y="${short(top)}" width="${short(width)}" height="${short(height)}"`;
    const source = dataUri(encodePng(image), 'image/png');
    this.marks.push(
      `<image ${place} preserveAspectRatio="none" style="image-rendering:pixelated" href="${source}"/>`,
    );
  }
}

function fill(paint: Paint): string {
  return colored('fill', paint);
}

function colored(attribute: 'fill' | 'stroke', paint: Paint): string {
  const role = typeof paint === 'string' ? ` class="${attribute}-${paint}"` : '';
  return `${role} ${attribute}="${hexOf(paint)}"`;
}

function opaque(opacity: number): string {
  return opacity === 1 ? '' : ` opacity="${short(opacity)}"`;
}

/** Hundredths are finer than any screen shows. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
