/** Exported ONNX files, run by ONNX Runtime alone, as those who get them will. */
import * as ort from 'onnxruntime-node';

export interface Feed {
  readonly data: Uint8Array | Int32Array | Float32Array;
  /** With the batch axis. */
  readonly shape: readonly number[];
}

/** Outputs of a file by name. */
export async function runOnnxFile(
  path: string,
  feeds: Readonly<Record<string, Feed>>,
): Promise<Record<string, { shape: readonly number[]; values: number[] }>> {
  const session = await ort.InferenceSession.create(path);
  const outputs = await session.run(
    Object.fromEntries(
      Object.entries(feeds).map(([name, { data, shape }]) => [name, new ort.Tensor(data, shape)]),
    ),
  );
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => [
      name,
      { shape: dims, values: Array.from(data, Number) },
    ]),
  );
}
