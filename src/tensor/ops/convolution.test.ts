import fc from 'fast-check';
import { expect, test } from 'vitest';
import { input, type Window } from '../index.js';

const window = (space: number, change: Partial<Window> = {}): Window => ({
  strides: Array(space).fill(1),
  dilations: Array(space).fill(1),
  padding: Array(space).fill([0, 0]),
  groups: 1,
  ...change,
});

test('the output has as many positions as the dilated kernel finds by walking in strides', () => {
  const small = fc.integer({ min: 1, max: 4 });
  const axis = fc.record({
    length: fc.integer({ min: 1, max: 12 }),
    kernel: small,
    stride: small,
    dilation: small,
    before: fc.nat(3),
    after: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(axis, { minLength: 1, maxLength: 3 }), (axes) => {
      const placesOf = ({ length, kernel, stride, dilation, before, after }: (typeof axes)[number]) => {
        const last = length + after - 1;
        let count = 0;
        for (let start = -before; start + (kernel - 1) * dilation <= last; start += stride) count++;
        return count;
      };
      const expected = axes.map(placesOf);
      const build = () =>
        input('x', [2, ...axes.map((a) => a.length), 3]).conv(
          input('w', [...axes.map((a) => a.kernel), 3, 5]),
          {
            strides: axes.map((a) => a.stride),
            dilations: axes.map((a) => a.dilation),
            padding: axes.map((a) => [a.before, a.after] as const),
            groups: 1,
          },
        );
      if (expected.includes(0)) expect(build).toThrow('does not fit into x');
      else expect(build().shape).toEqual([2, ...expected, 5]);
    }),
  );
});

test('a convolution that cannot be is refused in words', () => {
  const x = input('x', [2, 8, 8, 4]);
  const w = input('w', [3, 3, 4, 6]);
  expect(() => x.conv(input('v', [3, 3, 1, 6]), window(2))).toThrow(
    'conv: weight expects 1 input channels but x has shape [2, 8, 8, 4]',
  );
  expect(() => x.conv(input('v', [3, 3, 2, 5]), window(2, { groups: 2 }))).toThrow(
    'conv: 5 filters do not divide into 2 groups',
  );
  expect(() => x.conv(input('v', [9, 3, 4, 6]), window(2))).toThrow(
    'conv: a kernel of [9, 3] does not fit into x of shape [2, 8, 8, 4]',
  );
  expect(() => x.conv(input('v', [3, 4, 6]), window(2))).toThrow(
    'conv: x has shape [2, 8, 8, 4] and the weight [3, 4, 6]; wanted [batch, ...space, channels] and ' +
      '[...kernel, channels, filters] with 1 to 3 spatial axes',
  );
  expect(() => x.cast('int32').conv(w, window(2))).toThrow('conv: needs float32 but got int32');
});

test('a window of the wrong length or with a number out of range is refused', () => {
  const x = input('x', [2, 8, 8, 4]);
  const w = input('w', [3, 3, 4, 6]);
  const wanted =
    'conv: wanted strides, dilations and groups from 1 and padding from 0 for 2 spatial axes, got ' +
    '{"strides":[0,1],"dilations":[1,1],"padding":[[0,0],[0,0]],"groups":1}';
  expect(() => x.conv(w, window(2, { strides: [0, 1] }))).toThrow(wanted);
  const bad = [
    window(1),
    window(2, {
      padding: [
        [-1, 0],
        [0, 0],
      ],
    }),
    window(2, { dilations: [1.5, 1] }),
    window(2, { groups: 0 }),
  ];
  for (const each of bad) expect(() => x.conv(w, each)).toThrow('conv: wanted strides, dilations and groups');
});

test('the transposes refuse shapes that their convolution would not produce', () => {
  const [g, w, x] = [input('g', [2, 4, 4, 6]), input('w', [3, 3, 4, 6]), input('x', [2, 8, 8, 4])];
  expect(() => g.convInputGrad(w, [2, 8, 8, 4], window(2))).toThrow(
    'convInputGrad: x [2, 8, 8, 4] and weight [3, 3, 4, 6] give [2, 6, 6, 6], not [2, 4, 4, 6]',
  );
  expect(() => x.convFilterGrad(g, [3, 3, 4, 6], window(2))).toThrow(
    'convFilterGrad: x [2, 8, 8, 4] and weight [3, 3, 4, 6] give [2, 6, 6, 6], not [2, 4, 4, 6]',
  );
});
