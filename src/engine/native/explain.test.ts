import { expect, test } from 'vitest';
import { input, Program, Variable } from '../../tensor/index.js';
import { explainPlan } from './explain.js';
import { costOfPlan } from './flops.js';
import { lowerProgram } from './lower.js';
import { largestBuffers } from './memory.js';

const [x, w, b] = [input('x', [8, 5]), new Variable('w', [5, 7], () => []), new Variable('b', [7], () => [])];
const layer = x.matmul(w).add(b).relu();
const plan = lowerProgram(new Program({ outputs: { y: layer, total: layer.sum(1).exp() } }));

const twoLines = lowerProgram(new Program({ outputs: { y: input('x', [5]).exp().neg() } }));

test('a plan is shown with what its instructions read, write and cost', () => {
  const lines = explainPlan(plan).split('\n');
  expect(lines[0]).toMatch(/^#\s+instruction\s+reads\s+writes\s+MFLOP\s+kB$/);
  expect(lines[1]).toMatch(
    /^0 {2}matmul 8×5·5×7, then \[8,7\] 1 line, sum by rows {2}input:x w b {2}output:y #\d/,
  );
  expect(lines.at(-2)).toBe('     1 elementwise');
});

test('measured times give shares and rates, and lines the loops that they have become', () => {
  const table = explainPlan(plan, { nanoseconds: [3000, 1000], loops: [1, 1] });
  expect(table).toMatch(/^0 {2}matmul 8×5·5×7, then \[8,7\] 1 line, sum by rows /m);
  expect(explainPlan(twoLines, { loops: [2] })).toContain('elementwise [5] 2 lines in 2 loops');
  expect(explainPlan(twoLines, { loops: [1] })).toContain('elementwise [5] 2 lines in 1 loop');
  expect(table).toMatch(/^#.*µs\s+%\s+GFLOP\/s\s+GB\/s$/m);
  expect(table).toMatch(/^0 .* 3\.0\s+75\.0\s+0\.2\s+0\.\d$/m);
  expect(table).toContain('4 µs a step');
});

test('a multiplication and an addition are two, and every element counts once', () => {
  const { flops, bytes } = costOfPlan(plan);
  expect(flops).toBe(2 * 8 * 5 * 7);
  const product = 8 * 5 + 5 * 7;
  const then = 7 + 8 * 7 + 8;
  expect(bytes).toBe(4 * (product + then + 8 + 8));
});

test('the largest buffers are named by what makes them', () => {
  const hidden = lowerProgram(
    new Program({ outputs: { y: layer.matmul(new Variable('v', [7, 2], () => [])) } }),
  );
  expect(largestBuffers(hidden)[0]).toEqual({ bytes: 4 * 8 * 7, what: '56 numbers of a matmul' });
});
