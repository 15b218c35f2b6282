/** A system whose code is the sample itself, to know what is to be found in codes. */
import { type Model, type System, system, vaeOptions } from '../systems/index.js';

/** @param more parts of the model beside encoder and decoder */
export function identitySystem(columns: number, more: Partial<Model> = {}): System {
  const identity = system({
    name: 'identity',
    title: 'Identity',
    paper: '',
    objective: '',
    summary: '',
    options: vaeOptions,
    build: () => ({
      codeShape: [columns],
      objective: ({ x }) => ({ reconstruction: x.sum(1).mul(0) }),
      encode: ({ x }) => x,
      decode: (code) => code,
      ...more,
    }),
  });
  return identity as System;
}
