/**
 * Networks between samples and maps of vectors, [batch, ...map, features], at one or several resolutions.
 *
 *   pictures   convolutions of stride 2, a convolution, residual blocks; the decoder is the mirror image
 *   the rest   dense layers, and a vector for each of some groups
 *
 * Every level is inferred from features at its resolution and from all levels above, which are brought to its resolution by
 * a decoder of their own; the samples' decoder sees all levels.
 *
 * Sources: van den Oord et al. 2017, §4.1 (arXiv:1711.00937), and the authors' example in Sonnet for the first convolution's
 * half of the channels; several levels: Razavi et al. 2019, algorithm 1 (arXiv:1906.00446), with the wiring of its second
 * level repeated for a third.
 */
import { z } from 'zod';
import {
  conv,
  heUniform,
  type Layer,
  linear,
  relu,
  reshape,
  residual,
  type Scope,
  sequential,
  transposedConv,
} from '../../nn/index.js';
import { concat, type Shape, show, sizeOf, type Tensor, type Variable } from '../../tensor/index.js';
import type { DataDescription } from '../description.js';
import { OptionError } from '../errors.js';
import { defaultLatent, networkOptions, positiveInteger } from '../options.js';
import { chooseArchitecture, networksFor } from './index.js';

export const pictureMapOptions = z.object({
  channels: positiveInteger().optional().describe('channels of the feature maps (default: 128)'),
  halvings: positiveInteger()
    .optional()
    .describe('halvings of a picture’s height and width before its finest map (default: 2)'),
  blocks: positiveInteger().optional().describe('residual blocks on each side (default: 2)'),
  blockChannels: positiveInteger().optional().describe('channels inside a residual block (default: 32)'),
});

export const mapOptions = pictureMapOptions.extend({
  architecture: z
    .enum(['auto', 'mlp', 'conv'])
    .default('auto')
    .describe('networks; auto: conv for pictures of 16 pixels and more, else mlp'),
  hidden: networkOptions.shape.hidden,
  groups: positiveInteger()
    .optional()
    .describe('vectors of a code without a map (default: by the size of a sample)'),
});

export type PictureMapOptions = z.output<typeof pictureMapOptions>;
export type MapOptions = z.output<typeof mapOptions>;

/** What the levels below, and the decoder, see of the vectors [batch, ...map, d] of a level. */
export type Pass = (level: number, vectors: Tensor) => Tensor;

/** What of a network makes weight · features + bias. */
export interface LastLayer {
  readonly weight: Variable;
  readonly bias: Variable;
}

export interface CodeMapNetworks {
  /** Shape of each level's map, from the top. */
  readonly maps: readonly Shape[];
  /** The last layer before a level, once `encode` has been built so far. */
  head(level: number): LastLayer;
  /** That of the samples' decoder, once `decode` has been built. */
  tail(): LastLayer;
  /** Infers the levels one after the other from the top. */
  encode(x: Tensor, pass: Pass): void;
  /** What levels [batch, ...map, d] stand for, [batch, ...output]. */
  decode(levels: readonly Tensor[]): Tensor;
}

interface Ends {
  readonly data: DataDescription;
  /** Of what the decoder gives for a sample. */
  readonly output: Shape;
  /** d */
  readonly dimension: number;
}

const USUAL = { channels: 128, halvings: 2, blocks: 2, blockChannels: 32 };
const OF_PICTURES = ['channels', 'halvings', 'blocks', 'blockChannels'] as const;
const OF_THE_REST = ['hidden', 'groups'] as const;

/** One level. @throws OptionError if the networks cannot take the data, or an option is given that they do not read */
export function codeMapNetworks(ends: Ends, options: MapOptions, scope: Scope): CodeMapNetworks {
  const { shape } = ends.data;
  const { name } = chooseArchitecture(shape, networkOptions.parse({ architecture: options.architecture }));
  const unread = (name === 'conv' ? OF_THE_REST : OF_PICTURES).find((each) => options[each] !== undefined);
  if (unread)
    throw new OptionError(
      unread,
      `has no effect with architecture ${name}; leave it out or choose another architecture`,
    );
  return name === 'conv' ? pictureMaps(ends, options, 1, scope) : groupedMap(ends, options, scope);
}

/** Dense layers, and a map of groups. */
function groupedMap({ data, output, dimension }: Ends, options: MapOptions, scope: Scope): CodeMapNetworks {
  const { groups = defaultLatent(data), hidden } = options;
  const networks = networksFor(data, output, networkOptions.parse({ architecture: 'mlp', hidden }));
  const split = sequential(linear(groups * dimension), reshape([groups, dimension]));
  const own = scope.child('encoder');
  const encoder = sequential(networks.encoder, split)(own);
  const below = scope.child('decoder');
  const decoder = networks.decoder(below);
  return {
    maps: [[groups]],
    head: () => lastOf(own),
    tail: () => lastOf(below),
    encode: (x, pass) => {
      pass(0, encoder(x));
    },
    decode: ([code]) => decoder(code.flatten()),
  };
}

/** @throws OptionError if samples are no pictures, or too small for so many levels */
export function pictureMaps(
  { data: { shape }, output, dimension }: Ends,
  options: PictureMapOptions,
  levels: number,
  scope: Scope,
): CodeMapNetworks {
  if (shape.length !== 3)
    throw new OptionError('system', `takes pictures, but samples have shape ${show(shape)}; use vq-vae`);
  const { halvings = USUAL.halvings } = options;
  const sizes = halved(shape.slice(0, 2), halvings + levels - 1);
  const maps = sizes.slice(halvings).reverse();
  if (levels > 1 && sizeOf(maps[0]) === sizeOf(maps[1]))
    throw new OptionError(
      'halvings',
      `${halvings} before the finest map leave maps of ${maps.map(show).join(', ')}; take fewer`,
    );
  const finest = levels - 1;
  // From the top; the finest one takes the picture, every other the features of the one below.
  const encoders = maps.map((_, level) =>
    downwards(level === finest ? halvings : 1, options)(scope.child(named('encoder', level, levels))),
  );
  const places = maps.map((_, level) => scope.child(named('vectors', level, levels)));
  const heads = places.map((place) => conv({ filters: dimension, kernel: 1 })(place));
  const risers = maps
    .slice(1)
    .map((map, level) => upwards([map], dimension, options)(scope.child(`rise.${level}`)));
  const below = scope.child('decoder');
  const decoder = upwards(sizes.slice(0, halvings).reverse(), output[2], options)(below);
  /** A level beside what those above are at its resolution. */
  const joined = (level: number, above: Tensor | undefined, own: Tensor) =>
    above ? concat([risers[level - 1](above), own]) : own;
  return {
    maps,
    head: (level) => lastOf(places[level]),
    tail: () => lastOf(below),
    encode: (x, pass) => {
      const features: Tensor[] = [];
      let seen = x;
      for (let level = finest; level >= 0; level--) {
        seen = encoders[level](seen);
        features[level] = seen;
      }
      let above: Tensor | undefined;
      for (let level = 0; level < levels; level++) {
        const code = pass(level, heads[level](joined(level, above, features[level])));
        above = joined(level, above, code);
      }
    },
    decode: (codes) => {
      const all = codes.reduce<Tensor | undefined>(
        (above, code, level) => joined(level, above, code),
        undefined,
      );
      if (!all) throw new Error('decode: there are no levels');
      return decoder(all);
    },
  };
}

/** The last weights and biases that a scope has made. */
function lastOf(scope: Scope): LastLayer {
  const [weight, bias] = scope.variables.slice(-2);
  if (!weight || !bias) throw new Error(`${scope.path}: there is no layer yet; build the network first`);
  return { weight, bias };
}

/** With a single level, the names are those of any encoder. */
function named(part: string, level: number, levels: number): string {
  return levels === 1 ? part : `${part}.${level}`;
}

/** [height, width] and what is left of it after each of some halvings, rounded up. */
function halved(size: Shape, times: number): Shape[] {
  const sizes: Shape[] = [size];
  for (let i = 0; i < times; i++) sizes.push(sizes[i].map((length) => Math.ceil(length / 2)));
  return sizes;
}

/** The first of several halvings has half of the channels. */
const widths = (count: number, channels: number): number[] =>
  Array.from({ length: count }, (_, i) =>
    i === 0 && count > 1 ? Math.max(1, Math.floor(channels / 2)) : channels,
  );

function downwards(halvings: number, options: PictureMapOptions): Layer {
  const { channels = USUAL.channels } = options;
  const halves = widths(halvings, channels).flatMap((filters) => [
    conv({ filters, kernel: 4, stride: 2, weight: heUniform }),
    relu,
  ]);
  return sequential(...halves, conv({ filters: channels, kernel: 3 }), ...residualBlocks(options));
}

/** The mirror image. @param sizes [height, width] after each doubling */
function upwards(sizes: readonly Shape[], filters: number, options: PictureMapOptions): Layer {
  const { channels = USUAL.channels } = options;
  const before = widths(sizes.length, channels).slice(0, -1).reverse();
  const doublings = sizes.flatMap((space, i): Layer[] => {
    const double = { kernel: 4, stride: 2, space };
    if (i === sizes.length - 1) return [transposedConv({ ...double, filters })];
    return [transposedConv({ ...double, filters: before[i], weight: heUniform }), relu];
  });
  return sequential(conv({ filters: channels, kernel: 3 }), ...residualBlocks(options), ...doublings);
}

/** x + conv₁ₓ₁(relu(conv₃ₓ₃(relu(x)))), some times, and a last relu. */
function residualBlocks(options: PictureMapOptions): Layer[] {
  const { channels = USUAL.channels, blocks = USUAL.blocks, blockChannels = USUAL.blockChannels } = options;
  const block = residual(
    sequential(
      relu,
      conv({ filters: blockChannels, kernel: 3, bias: false }),
      relu,
      conv({ filters: channels, kernel: 1, bias: false }),
    ),
  );
  return [...new Array(blocks).fill(block), relu];
}
