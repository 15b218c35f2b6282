/** The list of systems. A new one is a line here. */
import { ae } from './ae.js';
import { betaVae } from './betaVae.js';
import { cvae } from './cvae.js';
import { OptionError } from './errors.js';
import { hierarchicalVae } from './hierarchicalVae.js';
import { nearestName } from './nearestName.js';
import { nvae } from './nvae.js';
import type { System } from './system.js';
import { vae } from './vae.js';

export const systems: readonly System[] = [ae, vae, cvae, betaVae, hierarchicalVae, nvae];

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
