/** zlib streams: by the zlib that Node is built with, which takes a fraction of the time, and in pages by a library. */
import { zlibSync } from 'fflate';

interface NodeZlib {
  deflateSync(bytes: Uint8Array, options: { level: number }): Uint8Array;
}
interface Host {
  readonly process?: { getBuiltinModule?(id: string): NodeZlib | undefined };
}

/** That of zlib itself. */
const LEVEL = 6;

const { process } = globalThis as Host;
const zlib = process?.getBuiltinModule?.('node:zlib');

export function zlibStream(bytes: Uint8Array): Uint8Array {
  return zlib ? zlib.deflateSync(bytes, { level: LEVEL }) : zlibSync(bytes, { level: LEVEL });
}
