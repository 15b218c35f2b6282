import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { eventsIn, messageIn, textOf } from '../conformance/tensorboardEvents.js';
import { EventWriter } from './tensorboard.js';

const root = mkdtempSync(join(tmpdir(), 'vaekit-events-'));
afterAll(() => rmSync(root, { recursive: true }));
const fresh = () => mkdtempSync(join(root, 'run-'));

test('a file begins with its version and tells scalars by tag, step and time', () => {
  const before = Date.now() / 1000;
  const writer = EventWriter.open(fresh());
  writer.scalar('train/loss', 105.6, 0);
  writer.scalar('train/kl', Number.NaN, 2 ** 33, 12.5);
  writer.close();
  const [version, start, first, second, ...more] = eventsIn(writer.path);
  expect(textOf(version[3][0])).toBe('brain.Event:2');
  expect(version[1][0]).toBeGreaterThanOrEqual(before);
  expect([start[2], messageIn(start[7][0])[1]]).toEqual([[0], [1]]);
  const [loss] = messageIn(first[5][0])[1].map(messageIn);
  expect([textOf(loss[1][0]), loss[2], first[2]]).toEqual(['train/loss', [Math.fround(105.6)], [0]]);
  const [kl] = messageIn(second[5][0])[1].map(messageIn);
  expect([textOf(kl[1][0]), kl[2], second[1], second[2]]).toEqual([
    'train/kl',
    [Number.NaN],
    [12.5],
    [2 ** 33],
  ]);
  expect(more).toEqual([]);
});

test('a record is, byte for byte, what TensorBoard itself writes', () => {
  // Written by tensorboard 2.21: wall time 1.5, step 3, tag train/loss, value 0.25.
  const expected = 'IAAAAAAAAAAp7alQCQAAAAAAAPg/EAMqEwoRCgp0cmFpbi9sb3NzFQAAgD5DMBuS';
  const writer = EventWriter.open(fresh());
  writer.scalar('train/loss', 0.25, 3, 1.5);
  writer.close();
  expect(readFileSync(writer.path).subarray(-48).toString('base64')).toBe(expected);
});

test('a picture carries its size and its bytes as they are', () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);
  const writer = EventWriter.open(fresh());
  writer.image('samples', png, 64, 32, 500);
  writer.close();
  const event = eventsIn(writer.path)[2];
  const [value] = messageIn(event[5][0])[1].map(messageIn);
  const image = messageIn(value[4][0]);
  expect([textOf(value[1][0]), image[1], image[2], event[2]]).toEqual(['samples', [32], [64], [500]]);
  expect(Buffer.from(image[4][0] as Uint8Array)).toEqual(Buffer.from(png));
});

test('a resumed run says from which step on earlier files are out of date, before anything else', () => {
  const writer = EventWriter.open(fresh(), { resumeStep: 301 });
  writer.scalar('train/loss', 1, 301);
  writer.close();
  const [, start, scalar] = eventsIn(writer.path);
  expect(start[2]).toEqual([301]);
  expect(messageIn(start[7][0])[1]).toEqual([1]);
  expect(scalar[2]).toEqual([301]);
});

test('a later file has the later name, also within one second and after a clock was set back', () => {
  const folder = fresh();
  writeFileSync(join(folder, 'events.out.tfevents.4000000000.vaekit.1'), '');
  const names = Array.from({ length: 3 }, () => {
    const writer = EventWriter.open(folder);
    writer.close();
    return writer.path;
  });
  expect(
    readdirSync(folder)
      .sort()
      .slice(1)
      .map((name) => join(folder, name)),
  ).toEqual(names);
});

test('records reach the file when they are flushed, each time from where the last ended', () => {
  const writer = EventWriter.open(fresh());
  expect(eventsIn(writer.path)).toHaveLength(0);
  for (let step = 1; step <= 3; step++) {
    writer.scalar('loss', step, step);
    writer.flush();
    expect(eventsIn(writer.path)).toHaveLength(step + 2);
  }
  writer.close();
});

test('a missing folder is an error of one sentence', () => {
  const folder = join(root, 'nowhere');
  expect(() => EventWriter.open(folder)).toThrow(`the folder ${folder} does not exist; create it first`);
});
