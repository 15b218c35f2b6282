/** Every registered system at a small size, on small data of each kind that it takes. */
import { sequenceOf, type TableSpec } from '../data/index.js';
import { VariableTable } from '../nn/index.js';
import { RandomStream } from '../random/index.js';
import { OptionError, type System, systems } from '../systems/index.js';
import { numericTable, optionsOf, pictures, type Toy, toy } from './models.js';

const SIZE = 96;

const row: TableSpec = {
  kind: 'table',
  shape: [2],
  dtype: 'float32',
  columns: ['a', 'b'].map((name) => ({ name, type: 'numeric' })),
};
const labels = Array.from({ length: SIZE }, (_, i) => i % 3);
const intensities = new RandomStream(1, 'pictures').words(new Uint32Array(SIZE * 256));
const kinds: readonly (readonly [string, Toy])[] = [
  [
    'pictures',
    toy(
      pictures(16, 16, 1),
      intensities.map((word) => word % 256),
      labels,
    ),
  ],
  ['tables', toy(numericTable(6), new RandomStream(1, 'rows').normal(new Float32Array(SIZE * 6)), labels)],
  ['sequences', toy(sequenceOf(4, row), new RandomStream(1, 'series').normal(new Float32Array(SIZE * 8)))],
  [
    'clouds',
    toy(
      { kind: 'points', shape: [8, 3], dtype: 'float32' },
      new RandomStream(1, 'clouds').normal(new Float32Array(SIZE * 24)).map((value) => value / 3),
      labels,
    ),
  ],
];

/** Small sizes for the options that a system has of these. */
const SMALL: Readonly<Record<string, unknown>> = {
  hidden: [8],
  latent: 2,
  architecture: 'mlp',
  discriminator: [8],
  couplingChannels: 4,
  latentChannels: 2,
  belief: 4,
  gate: 4,
};
/** Where an option of that name means something else, or defaults ask for other or larger networks. */
const SMALL_OF: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'f-vae': { flow: 'general' },
  'k-sparse-ae': { k: 2 },
  'pointcloud-ae': { features: [8] },
  'r-gan': { features: [8] },
  nvae: { channels: 4 },
  'vq-vae': { codes: 8, codeDimension: 4, groups: 3 },
  'vq-vae-2': { codes: 8, codeDimension: 4, channels: 8, blockChannels: 4 },
  'stacked-dae': { layers: [8, 4] },
};

export function optionsFor({ name, options }: System): Record<string, unknown> {
  const fitting = Object.entries(SMALL).filter(([option]) => option in options.shape);
  return { ...Object.fromEntries(fitting), ...SMALL_OF[name] };
}

/** The reason why a system does not take some data, where it says one. */
function refusalOf(system: System, { data }: Toy): string | undefined {
  try {
    const scope = new VariableTable().scope({ training: true });
    system.build(data, optionsOf(system, optionsFor(system)), scope);
    return undefined;
  } catch (error) {
    if (error instanceof OptionError) return error.message;
    throw error;
  }
}

/** Systems for which samples are rows of numbers are the same on sequences and clouds, of which `vae` stands for all. */
const SEEN_AS_THEY_ARE: Readonly<Record<string, readonly string[]>> = {
  sequences: ['vae', 'td-vae'],
  clouds: ['vae', 'pointcloud-ae', 'r-gan'],
};
const isOfInterest = (kind: string, { name }: System) => SEEN_AS_THEY_ARE[kind]?.includes(name) ?? true;

/** System by system of each kind of data: a name, the system, and what it learns from. */
export const cases = kinds.flatMap(([kind, given]) =>
  systems
    .filter((system) => isOfInterest(kind, system) && refusalOf(system, given) === undefined)
    .map((system) => [`${system.name} on ${kind}`, system, given] as const),
);
