/** Codes of many samples: their map, their nats, their spread. */
import type { LatentStatistics } from '../evaluation/index.js';
import { bars, type Figure, latentMap } from '../pictures/index.js';

export interface CodesViewOptions {
  /** [count, dimensions] */
  readonly codes: Float32Array;
  readonly dimensions: number;
  readonly labels?: Int32Array;
  readonly classes?: readonly string[];
}

/** Codes in the plane that shows most of their variance, coloured by class. */
export function codesView({ codes, dimensions, labels, classes }: CodesViewOptions): Figure {
  const colors = labels && classes ? { colors: { kind: 'class' as const, labels, classes } } : {};
  return latentMap({ codes: { data: codes, count: codes.length / dimensions, dimensions }, ...colors });
}

/** Nats of every code coordinate, most first. */
export function natsView({ klPerDimension }: LatentStatistics): Figure {
  const order = byNats(klPerDimension);
  return bars({
    title: 'KL of each code coordinate',
    labels: order.map((j) => `z${j}`),
    values: order.map((j) => klPerDimension[j]),
    yLabel: 'nats per sample',
  });
}

/** Coordinates, those with most nats first. */
export function byNats(klPerDimension: readonly number[]): number[] {
  return klPerDimension.map((_, j) => j).sort((a, b) => klPerDimension[b] - klPerDimension[a]);
}
