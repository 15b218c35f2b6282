/** The check that every data set makes of the indices it is asked for. */
import { DataError } from './dataset.js';

/** @throws DataError naming the first index that no sample has */
export function requireIndices(indices: ArrayLike<number>, name: string, size: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw new DataError(`${name}: there is no sample ${index}; its samples are 0 to ${size - 1}`);
    }
  }
}
