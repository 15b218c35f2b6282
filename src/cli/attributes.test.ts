import { expect, test } from 'vitest';
import { generate, splitDataset } from '../data/index.js';
import { attributesOf, membershipOf } from './attributes.js';

const sprites = generate('sprites');
const { train } = splitDataset(sprites);
const indices = Array.from({ length: 50 }, (_, i) => train.at(i));
const attributes = attributesOf(sprites, indices, await sprites.read(indices));

test('of sprites the class and every factor are attributes', () => {
  expect(attributes.map(({ name }) => name)).toEqual([
    'class',
    ...(sprites.factors ?? []).map(({ name }) => name),
  ]);
  for (const [i, index] of indices.entries())
    expect(attributes.slice(1).map(({ of }) => of[i])).toEqual(sprites.factorsOf?.(index));
});

test('samples have a value of a factor, another one, or neither; cells are those alike in what is balanced', () => {
  const scale = attributes.find(({ name }) => name === 'scale');
  const asked = { label: 'scale=1', against: 'scale=0.5', balance: ['class'], data: 'sprites' };
  const { has, cells } = membershipOf(attributes, asked);
  const named = scale?.of.map((value) => scale.values[value]);
  expect(has).toEqual(named?.map((value) => (value === '1' ? 1 : value === '0.5' ? 0 : -1)));
  expect(new Set(has).size).toBe(3);
  expect(cells).toEqual(attributes[0].of.map(String));
});

test.each([
  [{ label: 'star' }, '--label star: a class in sprites is one of square, ellipse, heart'],
  [
    { label: 'size=1' },
    '--label size=1: there is no size in sprites; there are class, color, shape, scale, orientation, posX, posY',
  ],
  [{ label: 'heart', against: 'heart' }, '--against heart: give another class than heart'],
  [{ label: 'heart', against: 'scale=1' }, '--against scale=1: give another class than heart'],
  [{ label: 'heart', balance: ['class'] }, '--balance class: that is what is to be added; balance others'],
  [{ label: 'heart', balance: ['tail'] }, '--balance tail: of samples of sprites these are known: class, '],
])('%j is refused', (asked, problem) => {
  const find = () => membershipOf(attributes, { balance: [], data: 'sprites', ...asked });
  expect(find).toThrow(problem);
});

test('where nothing is known, there is nothing to add', () => {
  expect(() => membershipOf([], { label: 'a', balance: [], data: 'table' })).toThrow(
    '--label a: nothing is known of samples of table beside themselves; use --between',
  );
});
