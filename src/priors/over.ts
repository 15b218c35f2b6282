/** A prior bound to the codes that it is over, so that those who use it need not know what kind they are. */
import type { Scope } from '../nn/index.js';
import { type System, system } from '../systems/index.js';
import type { TensorData } from '../tensor/index.js';
import type { CodeDescription } from './description.js';
import type { FitRequest, Prior, PriorModel, PriorOf } from './prior.js';

type Options = Record<string, unknown>;
type Weights = ReadonlyMap<string, TensorData>;

export interface PriorOver {
  readonly codes: CodeDescription;
  build(scope: Scope): PriorModel;
  /** Weights that need no training on the objective; undefined where that is what gives them. */
  fit(request: Omit<FitRequest<CodeDescription>, 'description'>): Weights | Promise<Weights> | undefined;
  /** What a trainer takes, of the prior itself or of something else on the same codes. */
  system(build?: (scope: Scope) => PriorModel): System;
}

/**
 * @param options as the prior's schema returns them
 * @throws OptionError if they cannot be as they are with these codes
 */
export function priorOver(prior: Prior, codes: CodeDescription, options: Options): PriorOver {
  if (prior.codes === 'vectors' && codes.kind === 'vectors') return over(prior, codes, options);
  if (prior.codes === 'grids' && codes.kind === 'grids') return over(prior, codes, options);
  throw new Error(`${prior.name} is over ${prior.codes}, and these codes are ${codes.kind}`);
}

function over<Codes extends CodeDescription>(
  prior: PriorOf<Codes>,
  codes: Codes,
  options: Options,
): PriorOver {
  prior.require?.(options, codes);
  const own = (scope: Scope) => prior.build(codes, options, scope);
  return {
    codes,
    build: own,
    fit: (request) => prior.fit?.({ ...request, description: codes }, options),
    system: (build = own) => {
      const { name, title, paper, objective, summary } = prior;
      return system({
        name,
        title,
        paper,
        objective,
        summary,
        options: prior.options,
        training: () => prior.training?.(options, codes) ?? {},
        build: (_, __, scope) => {
          const { distribution, drawing: _drawing, ...trained } = build(scope);
          return {
            ...trained,
            // A code of codes is itself: what is learned is how they are distributed.
            codeShape: [codes.size],
            encode: ({ x }) => x,
            decode: (code) => code,
            ...(distribution ? { prior: distribution } : {}),
          };
        },
      });
    },
  };
}
