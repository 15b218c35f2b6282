import { expect, test } from 'vitest';
import { Turns } from './turns.js';

const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

test('tasks are done one after the other, in the order in which they were asked for', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const task = (name: string) => async () => {
    log.push(`${name} begins`);
    await pause();
    log.push(`${name} ends`);
    return name;
  };
  expect(await Promise.all([turns.take(task('a')), turns.take(task('b'))])).toEqual(['a', 'b']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

test('a task that fails tells its own caller and nobody else', async () => {
  const turns = new Turns();
  const failing = turns.take(() => {
    throw new Error('broken');
  });
  const next = turns.take(() => 1);
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe(1);
});

test('closing waits for what was asked for, and refuses what comes later', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const last = turns.take(async () => {
    await pause();
    log.push('task');
  });
  const closing = turns.close(() => {
    log.push('close');
  });
  await expect(turns.take(() => 1)).rejects.toThrow('this engine has been disposed of');
  await Promise.all([last, closing]);
  await turns.close(() => {
    log.push('again');
  });
  expect(log).toEqual(['task', 'close']);
});
