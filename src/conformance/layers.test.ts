/** The layers of docs/architecture.md, checked against every import. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

// Tests run from dist; what they read is the source beside it.
const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** What each folder may import, beside itself. A folder never imports one that is not in its list. */
const layers: Readonly<Record<string, readonly string[]>> = {
  tensor: [],
  random: ['tensor'],
  engine: ['tensor', 'random'],
  nn: ['tensor'],
  probability: ['tensor', 'nn'],
  data: ['random'],
  systems: ['tensor', 'nn', 'probability', 'data'],
  inference: ['tensor', 'random', 'engine', 'nn', 'probability', 'data', 'systems'],
  evaluation: ['tensor', 'random', 'engine', 'nn', 'probability', 'data', 'systems', 'inference'],
  training: ['tensor', 'random', 'engine', 'nn', 'probability', 'data', 'systems', 'inference', 'evaluation'],
  priors: [
    'tensor',
    'random',
    'engine',
    'nn',
    'probability',
    'data',
    'systems',
    'inference',
    'evaluation',
    'training',
  ],
  pictures: ['data'],
  views: ['tensor', 'probability', 'data', 'inference', 'evaluation', 'training', 'pictures'],
  node: [
    'tensor',
    'random',
    'engine',
    'nn',
    'probability',
    'data',
    'systems',
    'inference',
    'evaluation',
    'training',
    'priors',
    'pictures',
    'views',
  ],
  cli: [
    'tensor',
    'random',
    'engine',
    'nn',
    'probability',
    'data',
    'systems',
    'inference',
    'evaluation',
    'training',
    'priors',
    'pictures',
    'views',
    'node',
  ],
};

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Whether the import exists at run time. */
  readonly isValue: boolean;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'conformance' ? [] : sources(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

const pattern = /^\s*(import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'|import\('([^']+)'\)/gm;

function importsOf(path: string): Import[] {
  return Array.from(readFileSync(path, 'utf8').matchAll(pattern), ([, , type, names, specifier, dynamic]) => {
    const named = names
      ?.trim()
      .match(/^\{([\s\S]*)\}$/)?.[1]
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const onlyTypes =
      type !== undefined ||
      (named?.length !== undefined && named.length > 0 && named.every((name) => name.startsWith('type ')));
    return { from: path, specifier: specifier ?? dynamic, isValue: !onlyTypes && dynamic === undefined };
  });
}

const files = sources(src);
const imports = files.flatMap(importsOf);
const layerOf = (path: string) => relative(src, path).split(/[\\/]/)[0];
const target = ({ from, specifier }: Import) => resolve(dirname(from), specifier.replace(/\.js$/, '.ts'));
const within = imports.filter(({ specifier }) => specifier.startsWith('.'));

test('the sources are where this test looks', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(new Set(files.map(layerOf))).toEqual(new Set([...Object.keys(layers), 'index.ts']));
});

test('imports go downwards only', () => {
  const upward = within
    .filter(({ from }) => layerOf(from) in layers)
    .filter((entry) => {
      const [from, to] = [layerOf(entry.from), layerOf(target(entry))];
      return from !== to && !layers[from].includes(to);
    })
    .map((entry) => `${relative(src, entry.from)} → ${relative(src, target(entry))}`);
  expect(upward).toEqual([]);
});

test('layers form no cycle', () => {
  const order = Object.keys(layers);
  for (const [layer, below] of Object.entries(layers)) {
    for (const other of below) expect(layers[other], `${layer} and ${other}`).not.toContain(layer);
    expect(order).toEqual(expect.arrayContaining([...below]));
  }
});

test('files import each other in no circle at run time', () => {
  const edges = new Map<string, string[]>();
  for (const entry of within) {
    if (entry.isValue) edges.set(entry.from, [...(edges.get(entry.from) ?? []), target(entry)]);
  }
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      circles.push([...path.slice(path.indexOf(file)), file].map((name) => relative(src, name)).join(' → '));
      return;
    }
    state.set(file, 'open');
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test('only node and cli use what a web page does not have', () => {
  const nodeOnly = imports
    .filter(({ from }) => !['node', 'cli'].includes(layerOf(from)))
    .filter(
      ({ specifier }) =>
        specifier.startsWith('node:') || specifier === 'onnxruntime-node' || specifier === 'sharp',
    )
    .map(({ from, specifier }) => `${relative(src, from)} imports ${specifier}`);
  expect(nodeOnly).toEqual([]);
});
