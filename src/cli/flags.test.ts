import { Command } from 'commander';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { addFlags, readFlags, readTyped } from './flags.js';

const schema = z.object({
  balance: z.boolean().default(true).describe('whether terms are balanced'),
  tied: z.boolean().default(false).describe('whether weights are tied'),
  rate: z.number().default(3).describe('rate'),
});

function typed(...words: string[]) {
  const command = new Command();
  addFlags(command, schema, 'Options:');
  command.parse(words, { from: 'user' });
  return { typed: command.opts(), help: command.helpInformation() };
}

test('a switch that is on is turned off by its --no- flag, and the help says so', () => {
  expect(readFlags(schema, typed().typed)).toEqual({ balance: true, tied: false, rate: 3 });
  expect(readFlags(schema, typed('--no-balance').typed)).toMatchObject({ balance: false });
  expect(typed().help.replace(/\s+/g, ' ')).toContain('default: true; --no-balance turns it off');
  expect(typed().help).not.toContain('--no-tied');
});

test('what was typed is told from defaults', () => {
  expect(readTyped(schema, typed().typed)).toEqual({});
  expect(readTyped(schema, typed('--rate', '3', '--no-balance').typed)).toEqual({ rate: 3, balance: false });
});
