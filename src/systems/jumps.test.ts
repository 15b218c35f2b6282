import { expect, test } from 'vitest';
import { compute } from '../conformance/models.js';
import { constant, iota } from '../tensor/index.js';
import { atTimes, drawTimes, jumpFeatures, requireJumps } from './jumps.js';

const BATCH = 20_000;
const TIME = 8;

function drawn(options: Parameters<typeof drawTimes>[2]) {
  const { earlier, later, length } = drawTimes(BATCH, TIME, options);
  const [from, to, by] = compute([earlier, later, length], { seed: 1 });
  return { from, to, by };
}

const share = (values: readonly number[], test: (value: number) => boolean) =>
  values.filter(test).length / values.length;

test('jumps are uniform in their length, and stay within the sequence', () => {
  const { from, to, by } = drawn({ maxJump: 4, perBatch: false });
  from.forEach((start, i) => {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(to[i]).toBeLessThan(TIME);
    expect(to[i] - start).toBe(by[i]);
  });
  // Deviations of shares of 20,000 draws: 0.003.
  for (const length of [1, 2, 3, 4]) {
    expect(Math.abs(share(by, (value) => value === length) - 0.25)).toBeLessThan(0.013);
    const starts = from.filter((_, i) => by[i] === length);
    for (let start = 0; start < TIME - length; start++)
      expect(Math.abs(share(starts, (value) => value === start) - 1 / (TIME - length))).toBeLessThan(0.025);
  }
});

test('far jumps are mixed in by their share', () => {
  const { by } = drawn({ maxJump: 1, farJump: 5, farShare: 0.5, perBatch: false });
  expect(Math.abs(share(by, (value) => value > 1) - 0.5 * 0.8)).toBeLessThan(0.014);
});

test('where all of a batch jump alike, they do', () => {
  const { from, by } = drawn({ maxJump: 4, perBatch: true });
  expect(new Set(from).size).toBe(1);
  expect(new Set(by).size).toBe(1);
});

test('several jumps of a sequence differ, and where all of a batch jump alike, they are those of all', () => {
  const [count, each] = [BATCH / 4, 4];
  const times = (perBatch: boolean) => {
    const { earlier, later } = drawTimes(count, TIME, { maxJump: 4, perBatch, each });
    const [from, to] = compute([earlier, later], { seed: 1 });
    return from.map((start, i) => `${start} to ${to[i]}`);
  };
  const own = times(false);
  expect(own.length).toBe(count * each);
  const first = own.filter((_, i) => i % each === 0);
  // 22 pairs of times are there, each a quarter of its length's starts: two jumps are one and the same by 1 in 21.
  const same = first.filter((jump, i) => jump === own[i * each + 1]).length / count;
  expect(same).toBeGreaterThan(0.03);
  expect(same).toBeLessThan(0.07);
  const common = times(true);
  for (let i = 0; i < count; i++)
    expect(common.slice(i * each, (i + 1) * each)).toEqual(common.slice(0, each));
  expect(new Set(common).size).toBeGreaterThan(1);
});

test('every sample is looked at in its own time', () => {
  const sequences = iota([3, 4, 2], 0)
    .mul(100)
    .add(iota([3, 4, 2], 1).mul(10))
    .add(iota([3, 4, 2], 2));
  const rows = atTimes(sequences.cast('float32'), constant([3, 0, 2], 'int32'));
  expect(compute([rows])[0]).toEqual([30, 31, 100, 101, 220, 221]);
  const twice = atTimes(sequences.cast('float32'), constant([3, 0, 2, 2, 1, 0], 'int32'));
  expect(compute([twice])[0]).toEqual([30, 31, 0, 1, 120, 121, 120, 121, 210, 211, 200, 201]);
});

test('a jump is told by a 1 for each time that it passes', () => {
  expect(compute([jumpFeatures(constant([1, 3], 'int32'), 3)])[0]).toEqual([1, 0, 0, 1, 1, 1]);
});

test('jumps that no sequence holds are refused, and so is a share of none', () => {
  expect(() => requireJumps(4, { maxJump: 4, perBatch: false })).toThrow(
    'maxJump: is 4, but sequences of 4 frames hold jumps of at most 3; take a smaller one or longer sequences',
  );
  expect(() => requireJumps(4, { maxJump: 1, farJump: 9, perBatch: false })).toThrow('farJump: is 9');
  expect(() => requireJumps(4, { maxJump: 1, farShare: 0.1, perBatch: false })).toThrow(
    'farShare: has no effect without farJump; leave it out',
  );
});
