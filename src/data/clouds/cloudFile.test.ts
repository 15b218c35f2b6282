import { expect, test } from 'vitest';
import { bytesInMemory } from '../bytes.js';
import { encodeNpy } from '../npy.js';
import { readCloud } from './cloudFile.js';
import { surfacePoints } from './mesh.js';
import { parsePly } from './ply.js';
import { parseOff } from './text.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (name: string, content: string | Uint8Array) =>
  readCloud(bytesInMemory(name, typeof content === 'string' ? bytesOf(content) : content), 0);
const corners = [0, 0, 0, 1.5, 0, 0, 0, -2, 0, 0, 0, 3];

const header = (format: string) =>
  `ply\nformat ${format} 1.0\ncomment made by hand\nelement vertex 4\nproperty uchar red\nproperty float x\nproperty float y\nproperty double z\nelement edge 1\nproperty int a\nelement face 2\nproperty list uchar int vertex_indices\nproperty float quality\nend_header\n`;
const faces = [
  [0, 1, 2],
  [0, 1, 2, 3],
];

function asciiPly(): Uint8Array {
  const vertices = [0, 1, 2, 3].map((i) => `7 ${corners.slice(3 * i, 3 * i + 3).join(' ')}\n`);
  const polygons = faces.map((face) => `${face.length} ${face.join(' ')} 0.5\n`);
  return bytesOf(`${header('ascii')}${vertices.join('')}9\n${polygons.join('')}`);
}

function binaryPly(littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(1000));
  let at = 0;
  const put = (type: 'Uint8' | 'Int32' | 'Float32' | 'Float64', value: number) => {
    if (type === 'Uint8') view.setUint8(at, value);
    else view[`set${type}`](at, value, littleEndian);
    at += { Uint8: 1, Int32: 4, Float32: 4, Float64: 8 }[type];
  };
  for (let i = 0; i < 4; i++) {
    put('Uint8', 7);
    put('Float32', corners[3 * i]);
    put('Float32', corners[3 * i + 1]);
    put('Float64', corners[3 * i + 2]);
  }
  put('Int32', 9);
  for (const face of faces) {
    put('Uint8', face.length);
    for (const corner of face) put('Int32', corner);
    put('Float32', 0.5);
  }
  const head = bytesOf(header(`binary_${littleEndian ? 'little' : 'big'}_endian`));
  const bytes = new Uint8Array(head.length + at);
  bytes.set(head);
  bytes.set(new Uint8Array(view.buffer, 0, at), head.length);
  return bytes;
}

test.each([
  ['text', asciiPly()],
  ['little-endian bytes', binaryPly(true)],
  ['big-endian bytes', binaryPly(false)],
])('PLY in %s has its vertices and faces, whatever else it has', (_, bytes) => {
  const mesh = parsePly(bytes);
  expect([...mesh.vertices]).toEqual(corners);
  expect(mesh.faces).toEqual(faces);
});

test.each(['OFF\n# a comment\n4 2 0\n', 'OFF4 2 0\n', 'COFF\n\n4 2 0\n'])('OFF after %j is read', (start) => {
  const vertices = [0, 1, 2, 3].map((i) => `${corners.slice(3 * i, 3 * i + 3).join(' ')} 0.1 0.2\n`);
  const text = `${start}${vertices.join('')}${faces.map((face) => `${face.length} ${face.join(' ')}\n`).join('')}`;
  const mesh = parseOff(text);
  expect([...mesh.vertices]).toEqual(corners);
  expect(mesh.faces).toEqual(faces);
});

test.each([
  ['a.xyz', '0 0 0\n1.5 0 0\n0 -2 0\n0 0 3\n'],
  ['a.pts', '4\n0 0 0 1\n1.5 0 0 2\n0 -2 0 3\n0 0 3 4\n'],
  ['a.asc', '//X Y Z\n0,0,0\r\n1.5,0,0\r\n\r\n0,-2,0\n0;0;3'],
])('%s is a point a line', async (name, text) => {
  expect([...Array.from((await read(name, text)).values)]).toEqual(corners);
});

test('an array is a cloud of its rows', async () => {
  const cloud = await read('a.npy', encodeNpy(Float32Array.from(corners), [4, 3]));
  expect(Array.from(cloud.values)).toEqual(corners);
  expect(cloud.dimensions).toBe(3);
});

test('points of a mesh lie on its faces, evenly by area', () => {
  // A square of area 1 in z = 0 and a triangle of area 2 in x = 0.
  const vertices = Float64Array.of(0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 4, 0, 1, 0);
  const mesh = {
    vertices,
    faces: [
      [0, 1, 2, 3],
      [0, 4, 5],
    ],
  };
  const count = 4000;
  const points = surfacePoints(mesh, count, 0);
  let inSquare = 0;
  const sum = [0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y, z] = points.subarray(3 * i, 3 * i + 3);
    if (z === 0) {
      inSquare++;
      sum[0] += x;
      sum[1] += y;
    } else {
      expect(x).toBe(0);
      expect(y + z / 4).toBeLessThanOrEqual(1 + 1e-12);
    }
  }
  // Binomial: a third of 4000, with a deviation of 30; means of 1333 uniform numbers, of 0.008.
  expect(Math.abs(inSquare - count / 3)).toBeLessThan(4 * 30);
  for (const total of sum) expect(Math.abs(total / inSquare - 0.5)).toBeLessThan(4 * 0.008);
});

test.each<[string, string | Uint8Array, string]>([
  ['a.ply', 'nothing', 'it has not the header of a PLY file'],
  ['a.ply', 'ply\nformat ascii 1.0\nelement face 0\nend_header\n', 'it has no vertices'],
  ['a.ply', 'ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nend_header\n1 2 3', 'no x, y and z'],
  ['a.ply', 'ply\nformat ascii 1.0\nelement vertex 3\nproperty half x\nend_header\n', "type 'half'"],
  ['a.ply', asciiPly().subarray(0, -12), 'it is cut short'],
  ['a.ply', binaryPly(true).subarray(0, -3), 'it is cut short'],
  [
    'a.ply',
    header('ascii').replace('vertex 4', 'vertex 20000000'),
    'its 20000000 points are more than 10 million',
  ],
  ['a.off', '4 2 0\n', 'it does not begin with the word OFF'],
  ['a.off', 'OFF\n4 0 0\n1 2 3\n', 'it is cut short'],
  ['a.off', 'OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n', 'a face has the vertex 7, which there is not'],
  ['a.off', 'OFF\n3 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 1 2\n', 'its faces have no area'],
  ['a.xyz', '0 0 0\n1 2\n', "its line 2 is '1 2', which are not three numbers"],
  ['a.xyz', '1 2 3\n', 'it is a single point'],
  ['a.npy', 'no', 'it is no NPY file of numbers'],
  ['a.npy', encodeNpy(new Float32Array(8), [2, 4]), 'it has shape [2, 4], and a cloud is'],
])('%s that holds %j is refused in words', async (name, content, reason) => {
  await expect(read(name, content)).rejects.toThrow(reason);
});
