/** Codes of many samples: their map, their nats, their spread. */
import type { LatentStatistics } from '../evaluation/index.js';
import {
  bars,
  type Figure,
  latentMap,
  latentMaps,
  type PointColors,
  type Points,
} from '../pictures/index.js';
import { frameOf } from './frame.js';

export interface CodesViewOptions {
  /** [count, dimensions] */
  readonly codes: Float32Array;
  readonly dimensions: number;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
}

/** The codes that one of several runs gives the samples. */
export interface CodesOfRun {
  readonly name: string;
  /** [count, dimensions] */
  readonly codes: Float32Array;
  readonly dimensions: number;
}

/** Codes of the same samples in the spaces of several models, coloured by class. */
export function codeMapsView(
  runs: readonly CodesOfRun[],
  { labels, classes }: Pick<CodesViewOptions, 'labels' | 'classes'>,
): Figure {
  const maps = runs.map(({ name, codes, dimensions }) => ({ name, codes: pointsOf(codes, dimensions) }));
  return latentMaps({ maps, ...classColors(labels, classes) });
}

/** Codes in the plane that shows most of their variance, coloured by class. */
export function codesView({ codes, dimensions, labels, classes }: CodesViewOptions): Figure {
  return latentMap({ codes: pointsOf(codes, dimensions), ...classColors(labels, classes) });
}

function pointsOf(data: Float32Array, dimensions: number): Points {
  return { data, count: data.length / dimensions, dimensions };
}

function classColors(labels?: Int32Array, classes?: readonly string[]): { colors?: PointColors } {
  return labels && classes ? { colors: { kind: 'class', labels, classes } } : {};
}

/** Nats of every code coordinate, most first. */
export function natsView({ klPerDimension }: LatentStatistics): Figure {
  const order = largestFirst(klPerDimension);
  return bars({
    title: 'KL of each code coordinate',
    labels: order.map((j) => `z${j}`),
    values: order.map((j) => klPerDimension[j]),
    yLabel: 'nats per sample',
  });
}

/** Coordinates, those first that carry most: nats, where these are known, and otherwise how far codes spread along them. */
export function coordinateOrder({
  latent,
  codes,
  dimensions,
}: {
  latent?: LatentStatistics;
  /** [count, dimensions] */
  codes: Float32Array;
  dimensions: number;
}): number[] {
  return largestFirst(latent?.klPerDimension ?? Array.from(frameOf(codes, dimensions).deviation));
}

function largestFirst(values: readonly number[]): number[] {
  return values.map((_, j) => j).sort((a, b) => values[b] - values[a]);
}
