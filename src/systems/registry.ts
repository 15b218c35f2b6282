/** The list of systems. A new one is a line here. */
import { aae } from './aae.js';
import { ae } from './ae.js';
import { betaTcvae } from './betaTcvae.js';
import { betaVae } from './betaVae.js';
import { bnVae } from './bnVae.js';
import { categoricalVae } from './categoricalVae.js';
import { ciwae } from './ciwae.js';
import { cmma } from './cmma.js';
import { contractiveAe } from './contractiveAe.js';
import { cvae } from './cvae.js';
import { dae } from './dae.js';
import { dfcVae } from './dfcVae.js';
import { dipVae } from './dipVae.js';
import { disentangledBetaVae } from './disentangledBetaVae.js';
import { OptionError } from './errors.js';
import { factorVae } from './factorVae.js';
import { fVae } from './fVae.js';
import { hfvae } from './hfvae.js';
import { hierarchicalVae } from './hierarchicalVae.js';
import { hypersphericalVae } from './hypersphericalVae.js';
import { infoVae } from './infoVae.js';
import { iwae } from './iwae.js';
import { jointVae } from './jointVae.js';
import { kSparseAe } from './kSparseAe.js';
import { logcoshVae } from './logcoshVae.js';
import { miwae } from './miwae.js';
import { msssimVae } from './msssimVae.js';
import { nearestName } from './nearestName.js';
import { nvae } from './nvae.js';
import { piwae } from './piwae.js';
import { pointcloudAe } from './pointcloudAe.js';
import { rGan } from './rGan.js';
import { sparseAe } from './sparseAe.js';
import { stackedDae } from './stackedDae.js';
import { swae } from './swae.js';
import type { System } from './system.js';
import { tdVae } from './tdVae.js';
import { vae } from './vae.js';
import { vaeGan } from './vaeGan.js';
import { vqVae } from './vqVae.js';
import { vqVae2 } from './vqVae2.js';
import { waeGan } from './waeGan.js';
import { waeMmd } from './waeMmd.js';

export const systems: readonly System[] = [
  ae,
  dae,
  stackedDae,
  sparseAe,
  kSparseAe,
  contractiveAe,
  vae,
  cvae,
  cmma,
  betaVae,
  disentangledBetaVae,
  infoVae,
  dipVae,
  factorVae,
  betaTcvae,
  hfvae,
  categoricalVae,
  jointVae,
  vqVae,
  vqVae2,
  hypersphericalVae,
  fVae,
  msssimVae,
  dfcVae,
  logcoshVae,
  iwae,
  miwae,
  ciwae,
  piwae,
  waeMmd,
  waeGan,
  swae,
  bnVae,
  aae,
  vaeGan,
  hierarchicalVae,
  nvae,
  pointcloudAe,
  rGan,
  tdVae,
];

/** @throws OptionError that names the nearest system there is */
export function findSystem(name: string): System {
  const found = systems.find((system) => system.name === name);
  if (found) return found;
  const nearest = nearestName(
    name,
    systems.map((system) => system.name),
  );
  throw new OptionError(
    'system',
    `there is no system '${name}'${nearest ? `; did you mean '${nearest}'?` : ''} (vaekit systems lists them)`,
  );
}
