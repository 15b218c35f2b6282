/** The process of one benchmark case: a JSON request as its argument, a JSON result on stdout. */
import { z } from 'zod';
import { ENGINE_NAMES } from '../engines.js';
import { benchCases } from './cases.js';
import { measureCase } from './measure.js';

const request = z.object({
  name: z.string(),
  seconds: z.number(),
  engine: z.enum(ENGINE_NAMES).optional(),
  threads: z.number().optional(),
});

const { name, ...options } = request.parse(JSON.parse(process.argv[2] ?? ''));
const bench = benchCases.find((candidate) => candidate.name === name);
if (!bench) throw new Error(`there is no case ${name}`);
process.stdout.write(JSON.stringify(await measureCase(bench, options)));
