/** The list of systems. A new one is a line here. */
import { aae } from './aae.js';
import { ae } from './ae.js';
import { betaTcvae } from './betaTcvae.js';
import { betaVae } from './betaVae.js';
import { contractiveAe } from './contractiveAe.js';
import { bnVae } from './bnVae.js';
import { ciwae } from './ciwae.js';
import { cmma } from './cmma.js';
import { cvae } from './cvae.js';
import { dae } from './dae.js';
import { OptionError } from './errors.js';
import { kSparseAe } from './kSparseAe.js';
import { dipVae } from './dipVae.js';
import { disentangledBetaVae } from './disentangledBetaVae.js';
import { OptionError } from './errors.js';
import { factorVae } from './factorVae.js';
import { hfvae } from './hfvae.js';
import { dfcVae } from './dfcVae.js';
import { OptionError } from './errors.js';
import { logcoshVae } from './logcoshVae.js';
import { msssimVae } from './msssimVae.js';
import { fVae } from './fVae.js';
import { hypersphericalVae } from './hypersphericalVae.js';
import { nearestName } from './nearestName.js';
import { sparseAe } from './sparseAe.js';
import { stackedDae } from './stackedDae.js';
import { infoVae } from './infoVae.js';
import { nearestName } from './nearestName.js';
import { swae } from './swae.js';
import type { System } from './system.js';
import { vae } from './vae.js';
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
  betaVae,
];
import { iwae } from './iwae.js';
import { miwae } from './miwae.js';
import { nearestName } from './nearestName.js';
import { piwae } from './piwae.js';
import type { System } from './system.js';
import { vae } from './vae.js';
import { vaeGan } from './vaeGan.js';

export const systems: readonly System[] = [ae, vae, cvae, cmma, betaVae, iwae, miwae, ciwae, piwae, bnVae];
  vae,
  cvae,
  betaVae,
  disentangledBetaVae,
  dipVae,
  factorVae,
  betaTcvae,
  hfvae,
];
export const systems: readonly System[] = [ae, vae, cvae, betaVae, infoVae, waeMmd, waeGan, swae, aae];
export const systems: readonly System[] = [ae, vae, cvae, betaVae, msssimVae, dfcVae, logcoshVae, vaeGan];
export const systems: readonly System[] = [ae, vae, cvae, betaVae, hypersphericalVae, fVae];

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
