/** A web page trains, samples, draws and exports with the same code as Node: tried in Chromium, where it is installed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { generate, localRunner, OnnxEngine, prepareData, Training, trainingOptions } from '../index.js';
import { vae } from '../systems/index.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const STEPS = 30;
/** How often it is tried to remove the browser's folder. */
const MOST_TRIES = 50;

/** What the page imports, without a bundler. */
const importMap = {
  imports: {
    vaekit: '/dist/index.js',
    'vaekit/systems': '/dist/systems/index.js',
    zod: '/node_modules/zod/index.js',
    fflate: '/node_modules/fflate/esm/browser.js',
    hyparquet: '/node_modules/hyparquet/src/index.js',
    'onnxruntime-web': '/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs',
  },
};

const script = `
  import * as ort from 'onnxruntime-web';
  import { exportModels, generate, localRunner, OnnxEngine, prepareData, samplesView, toPng, Training, trainingOptions } from 'vaekit';
  import { vae } from 'vaekit/systems';
  const answer = async (body) => fetch('/result', { method: 'POST', body: JSON.stringify(body) });
  try {
    const data = await prepareData(generate('two-moons', { size: 400 }));
    const training = new Training({
      system: vae,
      options: vae.options.parse({ latent: 2 }),
      data: data.description,
      training: trainingOptions.parse({ steps: ${STEPS}, batchSize: 32, patience: 0 }),
      engine: new OnnxEngine(localRunner(ort, { threads: 1 })),
      trainingSamples: data.ordered(0),
      validation: data.source(data.split.validation),
    });
    const model = await training.finish();
    const figure = await samplesView(model, { count: 50, data: await data.source(data.split.test).read(0, 40) });
    const files = await exportModels(model.runner);
    await answer({
      objectives: training.history.map((record) => record.objective),
      png: Array.from(toPng(figure).slice(0, 8)),
      exported: files.map((file) => [file.name, file.bytes.length]),
      isolated: crossOriginIsolated,
    });
  } catch (error) {
    await answer({ error: String(error && error.stack || error) });
  }
`;

const page = `<!doctype html><meta charset="utf-8"><title>vaekit</title>
<script type="importmap">${JSON.stringify(importMap)}</script>
<script type="module">${script}</script>`;

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

function findChromium(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome', 'chrome'].find((name) => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** Serves the package and the page, and gives what the page posts. */
function serve(): Promise<{ server: Server; url: string; result: Promise<unknown> }> {
  return new Promise((ready) => {
    let settle: (value: unknown) => void = () => {};
    const result = new Promise<unknown>((resolve) => {
      settle = resolve;
    });
    const server = createServer(async (request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      if (request.method === 'POST') {
        settle(JSON.parse(await bodyOf(request)));
        response.end();
        return;
      }
      if (path === '/') {
        response.setHeader('Content-Type', 'text/html');
        response.end(page);
        return;
      }
      try {
        const bytes = readFileSync(join(root, path));
        response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream');
        response.end(bytes);
      } catch {
        response.statusCode = 404;
        response.end();
      }
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      ready({ server, url: `http://127.0.0.1:${port}/`, result });
    });
  });
}

function open(chromium: string, url: string, profile: string): ChildProcess {
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-quic',
  ];
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${profile}`,
    ...quiet,
    '--remote-debugging-port=0',
  ];
  return spawn(chromium, [...flags, url], { stdio: 'ignore' });
}

/** Child processes of a browser may write for a moment after it has ended: then what they wrote is removed, too. */
async function removeProfile(profile: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      rmSync(profile, { recursive: true, force: true });
      return;
    } catch (error) {
      if (tries === MOST_TRIES) throw error;
      await setTimeout(100);
    }
  }
}

/** The same run in Node, record by record. */
async function objectivesInNode(): Promise<number[]> {
  const data = await prepareData(generate('two-moons', { size: 400 }));
  const training = new Training({
    system: vae,
    options: vae.options.parse({ latent: 2 }),
    data: data.description,
    training: trainingOptions.parse({ steps: STEPS, batchSize: 32, patience: 0 }),
    engine: new OnnxEngine(localRunner(ort, { threads: 1 })),
    trainingSamples: data.ordered(0),
    validation: data.source(data.split.validation),
  });
  await training.finish();
  return training.history.map(({ objective }) => objective);
}

const chromium = findChromium();

test.skipIf(chromium === undefined)(
  'a page trains to the same numbers as Node, and samples, draws and exports',
  async () => {
    const { server, url, result } = await serve();
    const profile = mkdtempSync(join(tmpdir(), 'vaekit-page-'));
    const browser = open(chromium ?? '', url, profile);
    try {
      const answer = await result;
      expect(answer).not.toHaveProperty('error');
      const expected = await objectivesInNode();
      expect(answer).toMatchObject({ png: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], isolated: true });
      const { objectives, exported } = answer as { objectives: number[]; exported: [string, number][] };
      expect(exported.map(([name]) => name)).toEqual(['encoder', 'decoder', 'sampler']);
      expect(objectives).toHaveLength(expected.length);
      // Another build of the same kernels: float32 rounding, carried through the steps.
      objectives.forEach((value, i) => {
        expect(Math.abs(value - expected[i])).toBeLessThan(1e-3 * Math.abs(expected[i]));
      });
    } finally {
      const ended = new Promise((resolve) => browser.once('exit', resolve));
      browser.kill();
      await ended;
      server.close();
      await removeProfile(profile);
    }
  },
);
