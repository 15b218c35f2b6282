/** The data sets that are made, not read: by name. */
import { DataError, type Dataset } from './dataset.js';
import type { GeneratedOptions } from './generatedOptions.js';
import { glyphs } from './glyphs.js';
import { movingSprites } from './movingSprites.js';
import { requireEffect } from './options.js';
import { oscillator } from './oscillator.js';
import { primitives } from './primitives.js';
import { sprites } from './sprites.js';
import { swissRoll } from './swissRoll.js';
import { twoMoons } from './twoMoons.js';

interface Generator {
  /** Options that it reads; another one would have no effect and is refused. */
  readonly reads: readonly (keyof GeneratedOptions)[];
  make(options: GeneratedOptions): Dataset;
}

const generators: Record<string, Generator> = {
  sprites: { reads: [], make: sprites },
  glyphs: { reads: ['size'], make: glyphs },
  'two-moons': { reads: ['size', 'seed'], make: twoMoons },
  'swiss-roll': { reads: ['size', 'seed'], make: swissRoll },
  'moving-sprites': { reads: ['frames', 'imageSize'], make: movingSprites },
  oscillator: { reads: ['size', 'seed', 'frames'], make: oscillator },
  primitives: { reads: ['size', 'seed', 'points'], make: primitives },
};

export const generatedNames: readonly string[] = Object.keys(generators);

/** @throws DataError for a name that there is not, or an option that the set does not read */
export function generate(name: string, options: GeneratedOptions = {}): Dataset {
  if (!generatedNames.includes(name)) {
    throw new DataError(`there is no generated data set '${name}'; there are ${generatedNames.join(', ')}`);
  }
  const { reads, make } = generators[name];
  requireEffect(name, options, reads, 'this data set');
  return make(options);
}
