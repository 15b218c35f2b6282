/**
 * `npm run bench:peers`: the benchmark cases of vaekit and of the PyTorch side in turn on one machine, and their ratios.
 *
 *   --peers FILE     torch_bench.py (default: ../shared/peers/torch_bench.py)
 *   --python EXE     an interpreter that has torch (default: python3, or the system's own)
 *   --case NAME      one case; repeatable (default: all)
 *   --seconds S      training time per case, round and side (default: 5)
 *   --rounds R       how often the two sides take turns (default: 2)
 *   --configs FILE   tuned settings of the PyTorch side, kept between calls; without it, the settings that won before
 *   --engine NAME    engine of vaekit
 *   --json           one JSON object per case
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { z } from 'zod';
import { OptionError } from '../../systems/index.js';
import { ENGINE_NAMES } from '../engines.js';
import { benchNames, requireCase } from './cases.js';
import type { BenchResult } from './measure.js';
import { runCase } from './run.js';

const execute = promisify(execFile);

const peerRates = z.object({ median: z.number(), config: z.string().optional() });
const peerResult = z.object({
  train: peerRates,
  encode_b256: peerRates,
  encode_b1: z.object({ latency_us: z.number() }),
  decode: peerRates,
  peak_rss_train_mib: z.number(),
  first_step_s: z.number(),
});
type PeerResult = z.output<typeof peerResult>;

/** A figure of both sides; a ratio above 1 is in vaekit's favour. */
interface Figure {
  readonly name: string;
  readonly vaekit: number;
  readonly peer: number;
  readonly ratio: number;
}

const figures: readonly [
  name: string,
  of: (result: BenchResult | PeerResult) => number,
  lessIsBetter?: boolean,
][] = [
  ['train, samples/s', ({ train }) => train.median],
  ['encode 256, samples/s', ({ encode_b256 }) => encode_b256.median],
  ['encode 1, µs', ({ encode_b1 }) => encode_b1.latency_us, true],
  ['decode 256, samples/s', ({ decode }) => decode.median],
  ['peak memory, MiB', ({ peak_rss_train_mib }) => peak_rss_train_mib, true],
  ['first step, s', ({ first_step_s }) => first_step_s, true],
];

const flags = readFlags();
const python = await findPython();
for (const name of flags.cases) {
  const own: BenchResult[] = [];
  const peers: PeerResult[] = [];
  for (let round = 0; round < flags.rounds; round++) {
    own.push(await runCase(name, { seconds: flags.seconds, engine: flags.engine }));
    peers.push(await runPeer(name));
  }
  report(name, own, peers);
}

/** One sentence about a call that cannot be answered. */
function refuse(problem: string): never {
  process.stderr.write(`bench:peers: ${problem}\n`);
  process.exit(2);
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        peers: { type: 'string', default: '../shared/peers/torch_bench.py' },
        python: { type: 'string' },
        case: { type: 'string', multiple: true, default: [...benchNames] },
        seconds: { type: 'string', default: '5' },
        rounds: { type: 'string', default: '2' },
        configs: { type: 'string' },
        engine: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    values.case.forEach(requireCase);
    const engine = ENGINE_NAMES.find((each) => each === values.engine);
    if (engine !== values.engine)
      refuse(`there is no engine '${values.engine}'; engines are ${ENGINE_NAMES.join(', ')}`);
    const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
    if (!(seconds > 0 && seconds < Number.POSITIVE_INFINITY)) refuse('--seconds takes a number above 0');
    if (!(Number.isInteger(rounds) && rounds > 0)) refuse('--rounds takes a whole number above 0');
    if (!existsSync(values.peers))
      refuse(`there is no ${values.peers}; name the PyTorch side with --peers FILE`);
    return { ...values, cases: values.case, engine, seconds, rounds };
  } catch (error) {
    if (error instanceof OptionError) refuse(error.problem);
    // A flag that there is none of, or one without its value.
    if (error instanceof TypeError) refuse(error.message.split('. ')[0]);
    throw error;
  }
}

/** An interpreter that has torch. */
async function findPython(): Promise<string> {
  const candidates = flags.python === undefined ? ['python3', '/usr/bin/python3'] : [flags.python];
  for (const candidate of candidates) {
    const found = await execute(candidate, ['-c', 'import torch']).then(
      () => true,
      () => false,
    );
    if (found) return candidate;
  }
  return refuse(`none of ${candidates.join(', ')} can import torch; name an interpreter with --python`);
}

async function runPeer(name: string): Promise<PeerResult> {
  const tuning = flags.configs === undefined ? ['--quick'] : ['--configs', flags.configs];
  const words = [
    basename(flags.peers),
    '--case',
    name,
    '--seconds',
    String(flags.seconds),
    '--rounds',
    '1',
    '--json',
    ...tuning,
  ];
  const { stdout } = await execute(python, words, {
    cwd: dirname(flags.peers),
    maxBuffer: 2 ** 24,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  return peerResult.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

function report(name: string, own: readonly BenchResult[], peers: readonly PeerResult[]): void {
  const compared = figures.map(([figure, of, lessIsBetter]): Figure => {
    const [vaekit, peer] = [median(own.map(of)), median(peers.map(of))];
    return { name: figure, vaekit, peer, ratio: lessIsBetter ? peer / vaekit : vaekit / peer };
  });
  const config = peers[0]?.train.config ?? '';
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ case: name, engine: own[0]?.engine, peer: config, figures: compared })}\n`,
    );
    return;
  }
  process.stdout.write(`${name}  (vaekit on ${own[0]?.engine}; PyTorch ${config})\n`);
  for (const { name: figure, vaekit, peer, ratio } of compared) {
    process.stdout.write(
      `  ${figure.padEnd(24)}${String(vaekit).padStart(12)}${String(peer).padStart(12)}   × ${ratio.toFixed(2)}\n`,
    );
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
