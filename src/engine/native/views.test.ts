import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeOf, stridesOf } from '../../tensor/index.js';
import {
  breaksOf,
  compose,
  isDense,
  mergeBreaks,
  positions,
  shapeOf,
  stridesOver,
  type Walk,
  walkOf,
  walkSize,
} from './views.js';

/** A value of some shape, read transposed, flipped, sliced or stretched along each axis. */
const walked = fc
  .array(
    fc.record({
      length: fc.integer({ min: 1, max: 4 }),
      kind: fc.constantFrom('all', 'flip', 'part', 'stretch', 'step'),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .chain((axes) =>
    fc.record({
      axes: fc.constant(axes),
      order: fc.shuffledSubarray(
        axes.map((_, i) => i),
        { minLength: axes.length },
      ),
    }),
  )
  .map(({ axes, order }): { size: number; walk: Walk } => {
    const shape = axes.map(({ length }) => length);
    const strides = stridesOf(shape);
    let offset = 0;
    const read = axes.map(({ length, kind }, axis) => {
      if (kind === 'flip') offset += (length - 1) * strides[axis];
      if (kind === 'part' && length > 1) offset += strides[axis];
      if (kind === 'flip') return { length, stride: -strides[axis] };
      if (kind === 'part') return { length: Math.max(1, length - 1), stride: strides[axis] };
      if (kind === 'step') return { length: Math.ceil(length / 2), stride: 2 * strides[axis] };
      return kind === 'stretch' ? { length: 3, stride: 0 } : { length, stride: strides[axis] };
    });
    const turned = order.map((axis) => read[axis]);
    const walk = walkOf(
      turned.map(({ length }) => length),
      turned.map(({ stride }) => stride),
      offset,
    );
    return { size: sizeOf(shape), walk };
  });

test('a walk of a walk reads what one after the other reads', () => {
  let found = 0;
  fc.assert(
    fc.property(walked, walked, ({ walk: outer, size }, { walk: inner }) => {
      fc.pre(walkSize(inner) >= size);
      const both = compose(outer, inner);
      if (!both) return;
      found++;
      const at = positions(inner);
      expect(Array.from(positions(both))).toEqual(Array.from(positions(outer), (i) => at[i]));
    }),
    { numRuns: 2000 },
  );
  expect(found).toBeGreaterThan(300);
});

test('a walk of everything in its own order changes nothing, on either side', () => {
  fc.assert(
    fc.property(walked, ({ size, walk }) => {
      expect(compose(walk, walkOf([size], [1]))).toEqual(walk);
      expect(compose(walkOf([walkSize(walk)], [1]), walk)).toEqual(walk);
    }),
  );
});

test('the strides over a shape walk as the walk does, and its own breaks always have strides', () => {
  fc.assert(
    fc.property(walked, fc.integer({ min: 1, max: 4 }), ({ walk }, divisor) => {
      const size = walkSize(walk);
      const shapes = [
        shapeOf(size, breaksOf(walk)),
        ...(size % divisor === 0 ? [[divisor, size / divisor]] : []),
      ];
      shapes.forEach((shape, i) => {
        const strides = stridesOver(walk, shape);
        if (i === 0) expect(strides).toBeDefined();
        if (strides) expect(walkOf(shape, strides, walk.offset)).toEqual(walk);
      });
    }),
  );
});

test('the shape of merged breaks has strides for both walks', () => {
  fc.assert(
    fc.property(walked, walked, ({ walk: a }, { walk: b }) => {
      fc.pre(walkSize(a) === walkSize(b));
      const breaks = mergeBreaks(breaksOf(a), breaksOf(b));
      if (!breaks) return;
      for (const walk of [a, b]) expect(stridesOver(walk, shapeOf(walkSize(a), breaks))).toBeDefined();
    }),
  );
});

test('a walk is dense where it reads every element in its own order', () => {
  fc.assert(
    fc.property(walked, ({ size, walk }) => {
      const inOrder = walkSize(walk) === size && positions(walk).every((at, i) => at === i);
      expect(isDense(walk, size)).toBe(inOrder);
    }),
  );
});
