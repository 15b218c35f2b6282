/**
 * Temporal difference VAE: beliefs about the state of a sequence, and a model that jumps from one time to a later one
 * without going through those between. See temporalDifference.ts for the objective, tdNetworks.ts for the networks.
 *
 * A code is what is believed after each frame, [time, layers · latent], the mean at each layer given those above.
 */
import { z } from 'zod';
import { concat, constant, stack, type Tensor } from '../tensor/index.js';
import { KINDS } from './description.js';
import { OptionError } from './errors.js';
import { atTimes, drawTimes, jumpFeatures, requireJumps } from './jumps.js';
import { gaussianVaeOptions, nonNegative, positiveInteger } from './options.js';
import { ramp } from './schedules.js';
import { type Batch, type RollOutOptions, system } from './system.js';
import { tdNetworks } from './tdNetworks.js';
import { jumpTerms } from './temporalDifference.js';
import { type Term, toWeighted, type WeightedTerm } from './terms.js';

/** Longest jump where nothing is said, as in the paper's moving digits. */
const USUAL_JUMP = 4;

const options = gaussianVaeOptions.extend({
  latent: positiveInteger().default(8).describe('length of each layer of the state'),
  layers: positiveInteger().default(2).describe('layers of the state, the upper ones drawn first'),
  belief: positiveInteger().default(50).describe('units of the recurrent network that forms the beliefs'),
  cell: z.enum(['gru', 'lstm']).default('lstm').describe('kind of the recurrent network'),
  smoothing: z
    .enum(['analytic', 'sampled'])
    .default('analytic')
    .describe('KL of the smoothed state in closed form, or as a log-ratio of the draw'),
  warmupSteps: nonNegative()
    .default(0.2)
    .describe(
      'steps (or fraction of the run) over which the weights of smoothing and prediction rise from 0; 0: none',
    ),
  smoothingWarmup: nonNegative()
    .optional()
    .describe(
      'those over which that of smoothing does, where it is to rise more slowly than that of prediction',
    ),
  truncation: positiveInteger()
    .optional()
    .describe('frames that gradients go back through the recurrent network (default: to the start)'),
  gate: positiveInteger().default(50).describe('units of the gated blocks that make the distributions'),
  maxJump: positiveInteger()
    .optional()
    .describe('longest jump; lengths are uniform from 1 on (default: 4, or as long as sequences allow)'),
  farJump: positiveInteger().optional().describe('longest of some far jumps beside these'),
  farShare: z.number().min(0).max(1).optional().describe('share of the far jumps (default: 0.2)'),
  jumps: z
    .enum(['perSample', 'perBatch'])
    .default('perSample')
    .describe('whether every sample has jumps of its own in a step, or all of a batch the same'),
  jumpsEach: positiveInteger()
    .default(8)
    .describe('jumps of every sequence in a step, which share the beliefs that were formed of it'),
  tellsJump: z
    .boolean()
    .default(true)
    .describe('whether smoothing and transition are told how long a jump is'),
  emission: z
    .enum(['network', 'first'])
    .default('network')
    .describe(
      'what decodes a state: a network, or its lowest layer’s first numbers are the mean (rows only)',
    ),
});

export const tdVae = system({
  name: 'td-vae',
  title: 'TD-VAE',
  paper: 'Gregor, Papamakarios, Besse, Buesing & Weber, ICLR 2019, arXiv:1806.03107',
  objective: String.raw`-\mathbb{E}[\log p_D(x_{t_2}|z_2)] + KL(p_S(z_1|z_2,b_{t_1},b_{t_2})\,\|\,p_B(z_1|b_{t_1})) + \mathbb{E}[\log p_B(z_2|b_{t_2}) - \log p_T(z_2|z_1)]`,
  summary:
    'For sequences: beliefs about a hidden state, and jumps ahead that are rolled out without seeing more.',
  options,
  training: () => ({ batchSize: 64, learningRate: 1e-3 }),
  build: (
    data,
    {
      maxJump: given,
      farJump,
      farShare,
      jumps,
      jumpsEach,
      tellsJump,
      smoothing,
      warmupSteps,
      smoothingWarmup,
      ...rest
    },
    scope,
  ) => {
    const { frame, shape } = data;
    if (!frame)
      throw new OptionError(
        'system',
        `td-vae learns from sequences, and the data are ${KINDS[data.spec.kind]}; read arrays with kind sequence, tables with a window`,
      );
    const [time] = shape;
    const maxJump = given ?? Math.min(USUAL_JUMP, time - 1);
    const drawing = { maxJump, farJump, farShare, perBatch: jumps === 'perBatch', each: jumpsEach };
    requireJumps(time, drawing);
    const { sizes, beliefs, believed, smoothed, moved, emitted } = tdNetworks(frame, rest, scope);
    const longest = Math.max(maxJump, farJump ?? 0);
    const told = (lengths: Tensor) => (tellsJump ? jumpFeatures(lengths, longest) : undefined);
    const stateSize = sizes.reduce((sum, size) => sum + size, 0);

    /** Means of p_D at states [batch, times, Σ d]. */
    const frames = (states: Tensor) => {
      const [batch, times] = states.shape;
      return emitted(states.reshape([batch * times, stateSize])).mean.reshape([batch, times, ...frame.shape]);
    };

    const rollOut = (
      { x }: Batch,
      { from, steps, jump = 1, starts = 1, continuations = 1 }: RollOutOptions,
    ) => {
      requireRollOut({ from, jump }, time, tellsJump ? longest : Number.POSITIVE_INFINITY);
      const batch = x.shape[0];
      const seen = beliefs(x.sliceAlong(1, 0, from + 1)).sliceAlong(1, from, from + 1);
      const start = believed(repeated(seen.reshape([batch, -1]), starts)).rsample({
        stream: 'roll-out start',
      });
      let state = repeated(start, continuations);
      const states: Tensor[] = [];
      for (let step = 0; step < steps; step++) {
        const length = constant(step === 0 ? jump : 1).cast('int32');
        const jumped = told(length.broadcastTo([state.shape[0]]));
        state = moved(state, jumped).rsample({ stream: `roll-out ${step}` });
        states.push(state);
      }
      return frames(stack(states, 1)).reshape([batch, starts, continuations, steps, ...frame.shape]);
    };

    return {
      codeShape: [time, stateSize],
      objective({ x }) {
        const batch = x.shape[0];
        const { earlier, later, length } = drawTimes(batch, time, drawing);
        const b = beliefs(x);
        const [b1, b2] = [atTimes(b, earlier), atTimes(b, later)];
        const jump = told(length);
        const { reconstruction, ...others } = jumpTerms(
          {
            earlier: believed(b1),
            later: believed(b2),
            smoothing: (z2) => smoothed(concat(z2), b1, b2, jump),
            transition: (z1) => moved(concat(z1), jump),
            nll: (z2) => emitted(concat(z2)).nll(atTimes(x, later)),
          },
          smoothing,
        );
        // A state that tells of nothing costs nothing: first it learns to tell of the frame, then of what comes.
        const warmed = Object.entries(others).map(([name, term]) => {
          const length = name === 'smoothing' ? (smoothingWarmup ?? warmupSteps) : warmupSteps;
          return [
            name,
            { ...overJumps(term, batch), ramp: ramp(scope, { name: `weight of ${name}`, length }) },
          ];
        });
        return { reconstruction: overJumps(reconstruction, batch), ...Object.fromEntries(warmed) };
      },
      encode: ({ x }) => {
        const b = beliefs(x);
        const [batch] = x.shape;
        return believed(b.reshape([batch * time, rest.belief])).mean.reshape([batch, time, stateSize]);
      },
      decode: frames,
      rollOut,
    };
  },
});

/** A term of every jump as one of every sequence: the mean of its jumps. */
function overJumps(term: Term, batch: number): WeightedTerm {
  const { value, coordinates, ...rest } = toWeighted(term);
  const mean = (x: Tensor) => x.reshape([batch, -1, ...x.shape.slice(1)]).mean(1);
  return { ...rest, value: mean(value), ...(coordinates && { coordinates: mean(coordinates) }) };
}

/** Every row so many times, one after the other. */
function repeated(rows: Tensor, times: number): Tensor {
  if (times === 1) return rows;
  const [count, width] = rows.shape;
  return rows
    .expandDims(1)
    .broadcastTo([count, times, width])
    .reshape([count * times, width]);
}

/** @throws OptionError if there is no such time, or the model has never made such a jump */
function requireRollOut({ from, jump }: { from: number; jump: number }, time: number, longest: number): void {
  if (!Number.isInteger(from) || from < 0 || from >= time)
    throw new OptionError(
      'from',
      `is ${from}, and sequences of ${time} frames have the times 0 to ${time - 1}`,
    );
  if (!Number.isInteger(jump) || jump < 1 || jump > longest)
    throw new OptionError('jump', `is ${jump}, and the model knows jumps of 1 to ${longest}`);
}
