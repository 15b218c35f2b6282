/** The pages of systems say what the systems declare. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { systems } from '../systems/index.js';
import { INDEX, pagePath, regenerated } from './systemPages.js';

test.each([INDEX, ...systems.map(({ name }) => name)])(
  'the generated part of docs/systems/%s.md is what npm run docs:systems writes',
  (name) => {
    const page = readFileSync(pagePath(name), 'utf8');
    expect(page).toBe(regenerated(name, page));
  },
);
