/** One cloud in a file: PLY, OFF, XYZ or NPY. A mesh becomes points of its surface. */
import type { ByteSource } from '../bytes.js';
import { DataError } from '../dataset.js';
import { openNpy } from '../npy.js';
import { readAll, showShape } from '../storedArray.js';
import { requireCount, UnreadableCloud } from './cloud.js';
import { type Mesh, surfacePoints } from './mesh.js';
import { parsePly } from './ply.js';
import { parseOff, parseXyz } from './text.js';

export const CLOUD_PATTERN = /\.(ply|off|xyz|pts|asc|npy)$/i;
export const CLOUD_KINDS = 'PLY, OFF, XYZ or NPY';

export interface Cloud {
  /** [points, dimensions] */
  readonly values: ArrayLike<number>;
  readonly dimensions: number;
  readonly isMesh: boolean;
}

/** Points that stand for the surface of a mesh, of which fewer are then taken. */
const MESH_POINTS = 16_384;

/**
 * @param index number of the sample, for the draws of a mesh
 * @throws UnreadableCloud if it is none
 */
export async function readCloud(source: ByteSource, index: number): Promise<Cloud> {
  const ending = CLOUD_PATTERN.exec(source.name)?.[1].toLowerCase();
  if (ending === 'npy') return ofNpy(source);
  const bytes = await source.read(0, source.size);
  const text = () => new TextDecoder('latin1').decode(bytes);
  if (ending === 'ply') return ofMesh(parsePly(bytes), index);
  if (ending === 'off') return ofMesh(parseOff(text()), index);
  return { values: parseXyz(text()), dimensions: 3, isMesh: false };
}

function ofMesh(mesh: Mesh, index: number): Cloud {
  const isMesh = mesh.faces.length > 0;
  return {
    values: isMesh ? surfacePoints(mesh, MESH_POINTS, index) : mesh.vertices,
    dimensions: 3,
    isMesh,
  };
}

async function ofNpy(source: ByteSource): Promise<Cloud> {
  try {
    const array = await openNpy(source);
    const { shape } = array;
    const [count, dimensions] = shape;
    if (shape.length !== 2 || dimensions < 2 || dimensions > 3)
      throw new UnreadableCloud(
        `it has shape ${showShape(shape)}, and a cloud is [points, 3] or [points, 2]`,
      );
    requireCount(count);
    return { values: await readAll(array), dimensions, isMesh: false };
  } catch (error) {
    if (error instanceof DataError)
      throw new UnreadableCloud('it is no NPY file of numbers', { cause: error });
    throw error;
  }
}
