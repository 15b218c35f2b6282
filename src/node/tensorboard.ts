/**
 * Event files that TensorBoard shows: scalars and pictures over steps.
 *
 *   record = length (8 bytes) · CRC of the length (4) · event · CRC of the event (4), all little-endian
 *
 * Source: tensorflow/core/util/event.proto and framework/summary.proto (field numbers), lib/io/record_writer (framing).
 */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Message } from '../engine/onnx/wire.js';
import { crc32c } from './crc32c.js';
import { appendSync, storageError } from './files.js';

export interface EventWriterOptions {
  /**
   * First step that this file will tell of. TensorBoard forgets what earlier files of the folder say of it and of the
   * steps after it. @default 0
   */
  resumeStep?: number;
}

const FILE_PREFIX = 'events.out.tfevents.';
/** SessionLog.SessionStatus.START */
const SESSION_START = 1;
/** Summary.Image.colorspace; the picture's own header tells viewers what it is. */
const RGB = 3;

/** One event file, open for adding. Records reach the file with `flush`. */
export class EventWriter {
  readonly #fd: number;
  #end = 0;
  #pending: Uint8Array[] = [];

  private constructor(readonly path: string) {
    this.#fd = openSync(path, 'wx');
  }

  /**
   * Starts a new event file in a folder, which may hold those of earlier parts of the run.
   *
   * @throws StorageError if it cannot be created
   */
  static open(folder: string, { resumeStep = 0 }: EventWriterOptions = {}): EventWriter {
    let path = join(folder, FILE_PREFIX);
    try {
      path = join(folder, nextFileName(folder));
      const writer = new EventWriter(path);
      writer.#add(eventAt().string(3, 'brain.Event:2'));
      // Also in the first file: TensorBoard takes the second start that it sees for the first restart.
      writer.#add(eventAt().int(2, resumeStep).message(7, new Message().int(1, SESSION_START)));
      return writer;
    } catch (error) {
      throw storageError('write', path, error);
    }
  }

  /** @param wallTime in seconds since 1970 @default now */
  scalar(tag: string, value: number, step: number, wallTime?: number): void {
    this.#summary(new Message().string(1, tag).float(2, value), step, wallTime);
  }

  /**
   * @param png    an encoded picture
   * @param width  in pixels, as is `height`
   */
  image(tag: string, png: Uint8Array, width: number, height: number, step: number): void {
    const image = new Message().int(1, height).int(2, width).int(3, RGB).bytes(4, png);
    this.#summary(new Message().string(1, tag).message(4, image), step);
  }

  /** Writes what has been added. @throws StorageError if it cannot; the file is then as it was */
  flush(): void {
    const bytes = Buffer.concat(this.#pending);
    try {
      appendSync(this.#fd, bytes, this.#end);
    } catch (error) {
      throw storageError('write', this.path, error);
    }
    this.#end += bytes.length;
    this.#pending = [];
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.#fd);
    }
  }

  #summary(value: Message, step: number, wallTime?: number): void {
    this.#add(eventAt(wallTime).int(2, step).message(5, new Message().message(1, value)));
  }

  #add(event: Message): void {
    this.#pending.push(record(event.finish()));
  }
}

function eventAt(wallTime = Date.now() / 1000): Message {
  return new Message().double(1, wallTime);
}

/** TensorBoard reads the files of a folder in the order of their names, which begin with seconds since 1970. */
function nextFileName(folder: string): string {
  const earlier = readdirSync(folder)
    .filter((name) => name.startsWith(FILE_PREFIX))
    .map((name) => Number.parseInt(name.slice(FILE_PREFIX.length), 10) || 0);
  const seconds = Math.max(Math.floor(Date.now() / 1000), ...earlier.map((time) => time + 1));
  return `${FILE_PREFIX}${String(seconds).padStart(10, '0')}.vaekit.${process.pid}`;
}

function record(event: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + event.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(event.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(event, 12);
  view.setUint32(12 + event.length, maskedCrc(event), true);
  return bytes;
}

/** Rotated and shifted, so that the CRC of bytes that hold CRCs is still a good one. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
