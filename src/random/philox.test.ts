import { expect, test } from 'vitest';
import { philoxBlocks } from './index.js';

/** `philox4x32 10` of Random123's kat_vectors: counter, key, result. */
const KNOWN_ANSWERS: [counter: number[], key: [number, number], result: number[]][] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

function block(counter: readonly number[], key: [number, number], length = 4): number[] {
  const out = new Uint32Array(length);
  philoxBlocks(out, counter[0], [counter[1], counter[2], counter[3]], key);
  return [...out];
}

test('Philox 4x32-10 gives the published known answers', () => {
  for (const [counter, key, result] of KNOWN_ANSWERS) expect(block(counter, key)).toEqual(result);
});

test('a long fill is the blocks of consecutive counters, and a last one is cut', () => {
  const key: [number, number] = [5, 6];
  const long = block([7, 1, 2, 3], key, 11);
  const blocks = [7, 8, 9].flatMap((first) => block([first, 1, 2, 3], key));
  expect(long).toEqual(blocks.slice(0, 11));
});

test('the first counter wraps round like the 32-bit number it is', () => {
  expect(block([0xffffffff, 0, 0, 0], [0, 0], 8).slice(4)).toEqual(KNOWN_ANSWERS[0][2]);
});

/** The definition of Philox in big integers: slow, and free of the tricks that make 32-bit products. */
function bigPhilox(counter: readonly number[], key: readonly number[]): number[] {
  let [x0, x1, x2, x3] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  const word = (value: bigint) => BigInt.asUintN(32, value);
  for (let round = 0; round < 10; round++) {
    const [a, b] = [0xd2511f53n * x0, 0xcd9e8d57n * x2];
    [x0, x1, x2, x3] = [word((b >> 32n) ^ x1 ^ k0), word(b), word((a >> 32n) ^ x3 ^ k1), word(a)];
    k0 = word(k0 + 0x9e3779b9n);
    k1 = word(k1 + 0xbb67ae85n);
  }
  return [x0, x1, x2, x3].map(Number);
}

test('a thousand blocks agree with the definition in big integers', () => {
  const words = block([0, 0, 0, 0], [1, 2], 6000);
  for (let i = 0; i < 6000; i += 6) {
    const counter = words.slice(i, i + 4);
    const key: [number, number] = [words[i + 4], words[i + 5]];
    expect(block(counter, key)).toEqual(bigPhilox(counter, key));
  }
});
