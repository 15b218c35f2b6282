/** A benchmark case as JSON asks for it. */
import { z } from 'zod';
import { ENGINE_NAMES } from '../engines.js';
import { requireCase } from './cases.js';
import { type BenchResult, measureCase } from './measure.js';

const requestSchema = z.object({
  name: z.string(),
  seconds: z.number(),
  engine: z.enum(ENGINE_NAMES).optional(),
  threads: z.number().optional(),
});

/** @throws OptionError if there is no such case */
export async function measureRequest(json: string): Promise<BenchResult> {
  const { name, ...options } = requestSchema.parse(JSON.parse(json));
  return measureCase(requireCase(name), options);
}
