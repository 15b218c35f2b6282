import { expect, test } from 'vitest';
import { loadOrt, ORT_RUNTIMES } from './ort.js';

test.each(ORT_RUNTIMES)('%s loads when it is asked for, and tells its version', async (runtime) => {
  const loaded = await loadOrt({ runtime });
  expect(loaded.runtime).toBe(runtime);
  expect(loaded.version).toMatch(/^1\.\d+\./);
  expect(loaded.ort.InferenceSession.create).toBeTypeOf('function');
});

test('the first that loads is taken', async () => {
  expect((await loadOrt()).runtime).toBe('onnxruntime-node');
});
