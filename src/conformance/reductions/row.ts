/** A setting at which one system is another one: the same loss, terms and gradients with the same weights and noise. */
import { initialValues, type Values } from '../../engine/index.js';
import { type DataDescription, describeData, type System, toWeighted } from '../../systems/index.js';
import { grad, sizeOf, type Tensor } from '../../tensor/index.js';
import type { EngineUnderTest } from '../engines.js';
import { build, pictures, tableOf, valuesOn } from '../models.js';

export interface Setting {
  readonly system: System;
  readonly data: DataDescription;
  /** Beside small dense networks. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Its phase of this name, in the place of its objective. */
  readonly phase?: string;
}

type Named = Readonly<Record<string, Values>>;

export interface Reduction {
  /** A sentence that is true: `β-VAE at β = 1 is VAE`. */
  readonly name: string;
  readonly one: Setting;
  readonly other: Setting;
  /** Terms of `one` whose weighted sum is a term of `other`, itself weighted. @default terms of one name */
  readonly terms?: Readonly<Record<string, readonly string[]>>;
  /** Variables of `one` by what they are called in `other`. @default the same */
  readonly rename?: Readonly<Record<string, string>>;
  /** Weights of `other`, by name, out of those of `one` under their names in `other`. @default the same */
  weights?(ofOne: Named): Named;
  /** The same for gradients. */
  gradients?(ofOne: Named): Named;
  /** How much must agree: the loss; every sample's terms as well; gradients as well. @default 'gradients' */
  readonly compare?: 'loss' | 'perSample' | 'gradients';
  /** What may differ, as a part of the largest value, where the reduction is a limit. @default rounding */
  readonly tolerance?: number;
}

/** A small colour picture, and a row with a number and a word. */
export const images = describeData(pictures(4, 5, 3), { size: 10 });
export const rows = describeData(
  tableOf([
    { name: 'a', type: 'numeric' },
    { name: 'b', type: 'ordinal', categories: ['low', 'mid', 'high'] },
  ]),
  { size: 10 },
);

const BATCH = 4;
const SEED = 5;

/** Terms of one number per sample, whole-batch terms, and the loss, by name; gradients by variable. */
interface Side {
  readonly terms: Named;
  readonly gradients: Named;
}

function built({ system, data, options, phase: name }: Setting) {
  const all = build(system, data, { architecture: 'mlp', hidden: [6], latent: 2, ...options });
  const { model, scope } = all;
  const phases = model.stages?.flatMap(({ phases }) => phases) ?? [];
  const phase = phases.find((each) => each.name === name);
  if (name !== undefined && !phase) throw new Error(`${system.name} has no phase '${name}'`);
  const batch = { ...all.batch(BATCH), ...(model.secondBatch ? { second: all.batch(BATCH) } : {}) };
  const terms = Object.entries((phase ?? model).objective(batch)).map(
    ([name, term]) => [name, toWeighted(term)] as const,
  );
  const weights = scope.variables.filter(({ name, trainable }) => trainable && (phase?.moves(name) ?? true));
  return { terms, weights, table: all.table };
}

async function sideOf(
  engine: EngineUnderTest,
  setting: Setting,
  weights?: Named,
): Promise<Side & { initial: Named }> {
  const { terms, weights: variables, table } = built(setting);
  const loss = terms.map(([, { value, weight }]) => value.mul(weight).mean()).reduce((a, b) => a.add(b));
  const outputs: Record<string, Tensor> = { 'term loss': loss };
  for (const [name, { value, weight }] of terms) outputs[`term ${name}`] = value.mul(weight);
  for (const [i, g] of grad(loss, variables).entries()) outputs[variables[i].name] = g;
  const { shape, dtype } = setting.data.spec;
  const x = Array.from({ length: BATCH * sizeOf(shape) }, (_, i) => (i * 7) % 3);
  const feeds = {
    x: dtype === 'uint8' ? Uint8Array.from(x, (value) => 80 * value) : Float32Array.from(x),
    labels: new Int32Array(BATCH),
  };
  const values = await valuesOn(engine.create(), outputs, {
    feeds,
    seed: SEED,
    firstStep: 7,
    ...(weights ? { weights: new Map(Object.entries(weights)) } : {}),
  });
  const entries = Object.entries(values);
  const isTerm = ([name]: [string, Values]) => name.startsWith('term ');
  return {
    terms: Object.fromEntries(entries.filter(isTerm).map(([name, value]) => [name.slice(5), value])),
    gradients: Object.fromEntries(entries.filter((entry) => !isTerm(entry))),
    initial: Object.fromEntries(initialValues(table.variables.values(), SEED)),
  };
}

/**
 * What the two sides of a reduction give, by the names that `other` has. Variables that only `one` has are left over,
 * and their gradients must be 0.
 */
export async function sidesOf(
  engine: EngineUnderTest,
  { one, other, terms, rename = {}, weights, gradients, compare = 'gradients' }: Reduction,
): Promise<{ one: Named; other: Named; leftOver: Named }> {
  const renamed = (values: Named): Named =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [rename[name] ?? name, value]));
  const left = await sideOf(engine, one);
  const given = renamed(left.initial);
  const right = await sideOf(engine, other, weights?.(given) ?? given);
  const sum = (names: readonly string[]) => {
    const [first, ...more] = names.map((name) => Array.from(left.terms[name]));
    return Float64Array.from(first, (value, i) => more.reduce((total, values) => total + values[i], value));
  };
  const asked = compare === 'loss' ? ['loss'] : Object.keys(right.terms);
  const termsOfOne = asked.map((name) => [name, sum(terms?.[name] ?? [name])] as const);
  const termsOfOther = asked.map((name) => [name, right.terms[name]] as const);
  if (compare !== 'gradients')
    return { one: Object.fromEntries(termsOfOne), other: Object.fromEntries(termsOfOther), leftOver: {} };
  const ofOne = gradients?.(renamed(left.gradients)) ?? renamed(left.gradients);
  const isShared = ([name]: [string, Values]) => name in right.gradients;
  const [shared, leftOver] = [true, false].map((wanted) =>
    Object.entries(ofOne).filter((entry) => isShared(entry) === wanted),
  );
  return {
    one: Object.fromEntries([...termsOfOne, ...shared]),
    other: { ...Object.fromEntries(termsOfOther), ...right.gradients },
    leftOver: Object.fromEntries(leftOver),
  };
}
