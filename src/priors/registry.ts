/** The list of priors. A new one is a line here. */
import { nearestName, OptionError } from '../systems/index.js';
import { iaf, maf } from './flow.js';
import { gmm } from './gmm.js';
import { latentGan, latentWgan } from './latentGan.js';
import { neighbours } from './neighbours.js';
import { normal } from './normal.js';
import { pixelcnn } from './pixelcnn.js';
import { pixelsnail } from './pixelsnail.js';
import type { Prior } from './prior.js';
import { twoStage } from './twoStage.js';
import { unigram } from './unigram.js';
import { vamp } from './vamp.js';

export const priors: readonly Prior[] = [
  normal,
  gmm,
  vamp,
  twoStage,
  maf,
  iaf,
  latentGan,
  latentWgan,
  neighbours,
  unigram,
  pixelcnn,
  pixelsnail,
];

/** @throws OptionError that names the nearest prior there is */
export function findPrior(name: string): Prior {
  const found = priors.find((prior) => prior.name === name);
  if (found) return found;
  const nearest = nearestName(
    name,
    priors.map((prior) => prior.name),
  );
  throw new OptionError(
    'prior',
    `there is no prior '${name}'${nearest ? `; did you mean '${nearest}'?` : ''} (vaekit priors lists them)`,
  );
}
