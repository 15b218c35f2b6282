/** Plans as tables for people: each instruction with its buffers, FLOPs and bytes, and its time where that was measured. */
import { costOf } from './flops.js';
import { accessOf, kernelAccessOf } from './memory.js';
import { type Elementwise, type Instruction, LINE, type Plan } from './plan.js';

const HEAD = ['#', 'instruction', 'reads', 'writes', 'MFLOP', 'kB'] as const;
const TIMED_HEAD = ['µs', '%', 'GFLOP/s', 'GB/s'] as const;

/** What is known of each instruction where a plan was loaded and run. */
export interface Measured {
  readonly nanoseconds: readonly number[];
  /** Loops that its elementwise lines have become: fewer than lines where several lines are one loop. */
  readonly loops: readonly number[];
}

export function explainPlan(plan: Plan, { nanoseconds, loops }: Partial<Measured> = {}): string {
  const total = nanoseconds?.reduce((sum, time) => sum + time, 0) ?? 0;
  const rows = plan.instructions.map((instruction, i) => {
    const { flops, bytes } = costOf(instruction, plan);
    const { reads, writes } = accessOf(instruction);
    // A product's own result stays in the instruction.
    const own = kernelAccessOf(instruction).writes;
    const names = (buffers: readonly number[]) =>
      [...new Set(buffers.map((buffer) => nameOf(plan, buffer)))].join(' ');
    const row = [
      String(i),
      describe(instruction, loops?.[i]),
      names(reads.filter((buffer) => !own.includes(buffer))),
      names(writes),
      inUnits(flops, 1e6),
      inUnits(bytes, 1e3),
    ];
    if (!nanoseconds) return row;
    const time = nanoseconds[i];
    const rate = (amount: number) => (amount === 0 ? '' : (amount / time).toFixed(1));
    return [...row, (time / 1e3).toFixed(1), ((100 * time) / total).toFixed(1), rate(flops), rate(bytes)];
  });
  const head = nanoseconds ? [...HEAD, ...TIMED_HEAD] : [...HEAD];
  const footer = [
    `${plan.instructions.length} instructions, ${((plan.arenaLines * LINE) / 2 ** 20).toFixed(1)} MiB of working memory`,
    ...(nanoseconds ? [`${(total / 1e3).toFixed(0)} µs a step`] : []),
    ...kindsOf(plan, nanoseconds),
  ];
  return [table([head, ...rows]), '', ...footer, ''].join('\n');
}

/** Columns as wide as what is in them; long lists of buffers are cut. */
function table(rows: readonly (readonly string[])[]): string {
  const cut = rows.map((row) => row.map((cell) => (cell.length > 72 ? `${cell.slice(0, 71)}…` : cell)));
  const widths = cut[0].map((_, column) => Math.max(...cut.map((row) => row[column].length)));
  const isText = (column: number) => column >= 1 && column <= 3;
  const aligned = (cell: string, column: number) =>
    isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  return cut.map((row) => row.map(aligned).join('  ').trimEnd()).join('\n');
}

function inUnits(value: number, unit: number): string {
  return value === 0 ? '' : (value / unit).toFixed(value < 100 * unit ? 1 : 0);
}

function describe(instruction: Instruction, loops: number | undefined): string {
  switch (instruction.kind) {
    case 'elementwise':
      return loop(instruction, loops);
    case 'matmul': {
      const { batch, m, n, k, then } = instruction;
      return `matmul ${batch > 1 ? `${batch} × ` : ''}${m}×${k}·${k}×${n}${following(then, loops)}`;
    }
    case 'conv':
    case 'convInputGrad':
    case 'convFilterGrad': {
      const { batch, space, channels, filters, kernel, strides } = instruction.geometry;
      const sizes = `${batch}×${space.join('×')}×${channels}→${filters}`;
      const making = instruction.first ? ` of ${lines(instruction.first)}` : '';
      const shape = `${sizes} k${kernel.join('×')} s${strides.join('×')}`;
      return `${instruction.kind} ${shape}${making}${following(instruction.then, loops)}`;
    }
    case 'reduce':
      return `reduce ${instruction.op} [${instruction.kept}] over [${instruction.reduced}]`;
    case 'gather':
    case 'scatterAdd':
      return `${instruction.kind} ${instruction.count} of ${instruction.rows} rows of ${instruction.width}`;
    case 'cumsum':
    case 'argMax':
      return `${instruction.kind} [${instruction.outer}, ${instruction.length}, ${instruction.inner}]`;
    case 'topK':
      return `topK ${instruction.k} of ${instruction.length}, ${instruction.rows} rows`;
    case 'assignment':
      return `assignment ${instruction.batch} × ${instruction.length}`;
    case 'random':
      return `random ${instruction.distribution}`;
    case 'guard':
      return 'guard';
  }
}

function loop({ shape, code, reductions }: Elementwise, loops: number | undefined): string {
  const kept = reductions.map(({ op, keep }) => `, ${op} ${keep === 'nothing' ? 'of all' : `by ${keep}`}`);
  const fused = loops !== undefined && code.length > 1 ? ` in ${loops} loop${loops === 1 ? '' : 's'}` : '';
  return `elementwise [${shape}] ${lines({ code })}${fused}${[...new Set(kept)].join('')}`;
}

const lines = ({ code }: Pick<Elementwise, 'code'>) => `${code.length} line${code.length === 1 ? '' : 's'}`;

const following = (then: Elementwise | undefined, loops: number | undefined) =>
  then ? `, then ${loop(then, loops).replace(/^elementwise /, '')}` : '';

function nameOf({ buffers, inputs, outputs, variables }: Plan, buffer: number): string {
  const { place } = buffers[buffer];
  switch (place.kind) {
    case 'arena':
      return `#${buffer}`;
    case 'constant':
      return `constant#${buffer}`;
    case 'variable':
      return variables[place.index].name;
    case 'input':
      return `input:${inputs[place.index].name}`;
    case 'output':
      return `output:${outputs[place.index].name}`;
    case 'nowhere':
      return 'made';
  }
}

/** How many instructions of each kind there are, and what share of the time they take. */
function kindsOf(plan: Plan, nanoseconds: readonly number[] | undefined): string[] {
  const kinds = new Map<string, { count: number; time: number }>();
  plan.instructions.forEach(({ kind }, i) => {
    const sum = kinds.get(kind) ?? { count: 0, time: 0 };
    kinds.set(kind, { count: sum.count + 1, time: sum.time + (nanoseconds?.[i] ?? 0) });
  });
  const total = nanoseconds?.reduce((sum, time) => sum + time, 0) ?? 0;
  return [...kinds]
    .sort(([, a], [, b]) => b.time - a.time || b.count - a.count)
    .map(([kind, { count, time }]) => {
      return `  ${String(count).padStart(4)} ${kind.padEnd(16)}${nanoseconds ? `${((100 * time) / total).toFixed(1).padStart(6)} %` : ''}`.trimEnd();
    });
}
