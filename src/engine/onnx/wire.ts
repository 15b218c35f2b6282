/**
 * Writes messages in the protobuf wire format, field by field: ONNX models here, TensorBoard events elsewhere; and reads
 * them again.
 *
 * Source: the protobuf encoding specification. Groups, which it has given up, are neither written nor read.
 */

/** Protobuf wire types. */
const VARINT = 0;
const DOUBLE = 1;
const BYTES = 2;
const FLOAT = 5;

export class Message {
  readonly #chunks: Uint8Array[] = [];
  length = 0;

  int(field: number, value: number | bigint): this {
    return this.#push(varint((field << 3) | VARINT)).#push(varint(value));
  }

  float(field: number, value: number): this {
    return this.#push(varint((field << 3) | FLOAT)).#push(new Uint8Array(Float32Array.of(value).buffer));
  }

  double(field: number, value: number): this {
    return this.#push(varint((field << 3) | DOUBLE)).#push(new Uint8Array(Float64Array.of(value).buffer));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#push(varint((field << 3) | BYTES))
      .#push(varint(value.length))
      .#push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    this.#push(varint((field << 3) | BYTES)).#push(varint(value.length));
    for (const chunk of value.#chunks) this.#push(chunk);
    return this;
  }

  /** A packed list of whole numbers. */
  ints(field: number, values: readonly number[]): this {
    const packed = new Message();
    for (const value of values) packed.#push(varint(value));
    return this.message(field, packed);
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.#chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }

  #push(chunk: Uint8Array): this {
    this.#chunks.push(chunk);
    this.length += chunk.length;
    return this;
  }
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(out);
}

/** A field of a message as it stands in the bytes. */
export interface Field {
  readonly number: number;
  /** Of a varint, as a signed number; absent for other kinds. */
  readonly int?: bigint;
  /** Of a text, a message, a packed list, or a number of fixed width; empty for a varint. */
  readonly bytes: Uint8Array;
}

const FIXED_BYTES: Readonly<Record<number, number>> = { [DOUBLE]: 8, [FLOAT]: 4 };
const NO_BYTES = new Uint8Array(0);

/** The fields of a message in their order. @throws RangeError if it ends within a field, or is no message */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new VarintReader(message);
  while (reader.at < message.length) {
    const key = Number(reader.next());
    const [number, kind] = [Math.floor(key / 8), key % 8];
    if (kind === VARINT) {
      yield { number, int: reader.next(), bytes: NO_BYTES };
      continue;
    }
    const length = kind === BYTES ? Number(reader.next()) : FIXED_BYTES[kind];
    if (number === 0 || length === undefined) throw new RangeError(`there is no field of kind ${kind}`);
    if (reader.at + length > message.length) throw new RangeError('the message ends within a field');
    yield { number, bytes: message.subarray(reader.at, reader.at + length) };
    reader.at += length;
  }
}

/** Whole numbers of a packed list. */
export function packedInts(bytes: Uint8Array): bigint[] {
  const reader = new VarintReader(bytes);
  const values: bigint[] = [];
  while (reader.at < bytes.length) values.push(reader.next());
  return values;
}

class VarintReader {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** As a signed number of 64 bits. */
  next(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.bytes.length) break;
      const byte = this.bytes[this.at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new RangeError('the message ends within a number');
  }
}
