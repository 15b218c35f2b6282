import { expect, test } from 'vitest';
import { Message } from './wire.js';

test.each<[string, Message, string]>([
  ['150 in field 1', new Message().int(1, 150), '08 96 01'],
  ['a text in field 2', new Message().string(2, 'testing'), '12 07 74 65 73 74 69 6e 67'],
  ['a message in field 3', new Message().message(3, new Message().int(1, 150)), '1a 03 08 96 01'],
  ['a packed list in field 6', new Message().ints(6, [3, 270, 86942]), '32 06 03 8e 02 9e a7 05'],
  ['−2', new Message().int(1, -2), '08 fe ff ff ff ff ff ff ff ff 01'],
])('%s is written as the protobuf encoding specification shows', (_, message, expected) => {
  expect(Buffer.from(message.finish()).toString('hex')).toBe(expected.replaceAll(' ', ''));
});

test.each<[string, Message, string]>([
  ['2⁶³ − 1', new Message().int(1, 2n ** 63n - 1n), '08 ff ff ff ff ff ff ff ff 7f'],
  ['nothing but a key and a length', new Message().bytes(1, new Uint8Array(0)), '0a 00'],
  ['a float, four bytes', new Message().float(2, 1), '15 00 00 80 3f'],
  ['a double, eight bytes', new Message().double(1, 1), '09 00 00 00 00 00 00 f0 3f'],
  ['a key of two bytes', new Message().int(16, 1), '80 01 01'],
])('%s', (_, message, expected) => {
  expect(Buffer.from(message.finish()).toString('hex')).toBe(expected.replaceAll(' ', ''));
});
