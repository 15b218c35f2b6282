/**
 * Clouds and meshes as lines of text: OFF (vertices and faces, after a line of their numbers) and XYZ (a point a line,
 * of whose numbers the first three count).
 */
import { requireCount, UnreadableCloud } from './cloud.js';
import type { Mesh } from './mesh.js';

/** @throws UnreadableCloud if it is no OFF file, or is cut short */
export function parseOff(text: string): Mesh {
  const lines = meaningful(text);
  const first = lines.next().value ?? '';
  // In ModelNet, the numbers often follow the word on its own line: OFF490 518 0.
  const [, flavour, rest] = /^((?:ST)?C?N?4?n?OFF)\s*(.*)$/i.exec(first) ?? [];
  if (flavour === undefined || /4|nOFF$/.test(flavour))
    throw new UnreadableCloud('it does not begin with the word OFF');
  const [vertexCount, faceCount] = numbersIn(rest || nextOf(lines));
  requireCount(vertexCount);
  const vertices = new Float64Array(3 * vertexCount);
  for (let i = 0; i < vertexCount; i++) vertices.set(pointOf(nextOf(lines), `vertex ${i}`), 3 * i);
  const faces = Array.from({ length: faceCount }, () => {
    const [corners, ...indices] = numbersIn(nextOf(lines));
    return indices.slice(0, corners);
  });
  return { vertices, faces };
}

/** @throws UnreadableCloud naming the first line that is no point; but the first of all may be a heading or a number */
export function parseXyz(text: string): Float64Array {
  const values: number[] = [];
  let line = 0;
  for (const words of meaningful(text)) {
    const numbers = numbersIn(words);
    const isHeading = line++ === 0 && (numbers.length < 3 || numbers.slice(0, 3).some(Number.isNaN));
    if (!isHeading) values.push(...pointOf(words, `line ${line}`));
  }
  requireCount(values.length / 3);
  return Float64Array.from(values);
}

/** Lines without comments, blank ones left out. */
function* meaningful(text: string): Generator<string, undefined> {
  for (const line of text.split(/\r\n?|\n/)) {
    const words = line.replace(/(#|\/\/).*/, '').trim();
    if (words) yield words;
  }
}

function nextOf(lines: Generator<string, undefined>): string {
  const { value } = lines.next();
  if (value === undefined) throw new UnreadableCloud('it is cut short');
  return value;
}

function numbersIn(line: string): number[] {
  return line.split(/[\s,;]+/).map(Number);
}

function pointOf(line: string, place: string): number[] {
  const point = numbersIn(line).slice(0, 3);
  if (point.length < 3 || (point.some(Number.isNaN) && !/nan/i.test(line)))
    throw new UnreadableCloud(`its ${place} is '${line.slice(0, 40)}', which are not three numbers`);
  return point;
}
