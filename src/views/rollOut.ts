/** What a model of sequences says about times to come, below what came. */
import type { Samples } from '../data/index.js';
import type { RollOutOptions, TrainedModel } from '../inference/index.js';
import {
  type Figure,
  Image,
  imagesOf,
  type Pictures,
  reconstructionGrid,
  rollOutGrid,
} from '../pictures/index.js';
import { sizeOf } from '../tensor/index.js';
import { asPictures } from './shown.js';

export interface RollOutViewOptions extends Pick<RollOutOptions, 'from' | 'steps' | 'jump'> {
  readonly seed?: number;
}

/** Sequences as they came and as they were said to go on, over the times that both have. */
interface Courses {
  readonly times: readonly number[];
  readonly came: Float32Array;
  readonly said: Float32Array;
}

/** Pictures in rows of frames, two rows a sequence; numbers as small plots, two a sequence. */
export async function rollOutView(
  model: TrainedModel,
  samples: Samples,
  options: RollOutViewOptions,
): Promise<Figure> {
  const { frame, courses } = await coursesOf(model, samples, options);
  const { from } = options;
  const title = `Roll-outs from time ${from}`;
  const caption = 'Above what came, below what was seen up to there and then said to follow.';
  if (frame.kind === 'image') {
    const pictures = (data: Float32Array) => framePictures(frame.shape, data);
    return rollOutGrid({
      title,
      caption,
      came: pictures(courses.came),
      said: pictures(courses.said),
      times: courses.times,
    });
  }
  const spec = {
    kind: 'sequence',
    shape: [courses.times.length, frame.shape[0]],
    dtype: 'float32',
    frame,
  } as const;
  return reconstructionGrid({
    title,
    caption,
    originals: asPictures(spec, courses.came),
    reconstructions: asPictures(spec, courses.said),
    names: ['came', 'said'],
    columns: Math.min(4, samples.x.length / sizeOf(model.runner.data.spec.shape)),
  });
}

const SCALE = 4;
const GAP = 4;

/** An image for each time, of pictures: what came at the left, what was said at the right, one sequence below another. */
export async function rollOutImages(
  model: TrainedModel,
  samples: Samples,
  options: RollOutViewOptions,
): Promise<Image[] | undefined> {
  const { frame, courses } = await coursesOf(model, samples, options);
  if (frame.kind !== 'image') return undefined;
  const { times } = courses;
  const [height, width] = frame.shape;
  const [left, right] = [courses.came, courses.said].map((data) =>
    imagesOf(framePictures(frame.shape, data)),
  );
  const count = left.length / times.length;
  return times.map((_, t) => {
    const image = new Image(2 * SCALE * width + 3 * GAP, count * (SCALE * height + GAP) + GAP);
    image.fill({ left: 0, top: 0, width: image.width, height: image.height }, [128, 128, 128]);
    for (let i = 0; i < count; i++) {
      const box = {
        left: GAP,
        top: GAP + i * (SCALE * height + GAP),
        width: SCALE * width,
        height: SCALE * height,
      };
      image.draw(left[i * times.length + t], box);
      image.draw(right[i * times.length + t], { ...box, left: 2 * GAP + SCALE * width });
    }
    return image;
  });
}

function framePictures(shape: readonly [number, number, number], data: Float32Array): Pictures {
  return { data, shape: [data.length / sizeOf(shape), ...shape] };
}

/** Pictures as intensities, rows in their own units. */
async function coursesOf(model: TrainedModel, samples: Samples, { seed, ...ahead }: RollOutViewOptions) {
  const { spec } = model.runner.data;
  if (spec.kind !== 'sequence') throw new Error('rollOutView: the data are no sequences');
  const { frame, shape } = spec;
  const [time] = shape;
  const { from, steps, jump = 1 } = ahead;
  const width = sizeOf(frame.shape);
  const { x, seen } = await model.rollOut(samples, ahead, { seed });
  const isPicture = frame.kind === 'image';
  const rolled = isPicture ? seen : x;
  const { x: whole } = isPicture
    ? await model.runner.mapSamples('seen', samples, (batch) => ({ x: batch.x.flatten() }))
    : samples;
  const known = Math.min(steps, time - from - jump);
  const past = Array.from({ length: from + 1 }, (_, t) => t);
  const times = [...past, ...Array.from({ length: Math.max(0, known) }, (_, i) => from + jump + i)];
  const count = whole.length / (time * width);
  const came = new Float32Array(count * times.length * width);
  const said = new Float32Array(came.length);
  for (let i = 0; i < count; i++) {
    times.forEach((t, at) => {
      const to = (i * times.length + at) * width;
      const frameAt = whole.subarray((i * time + t) * width, (i * time + t + 1) * width);
      came.set(frameAt, to);
      const step = at - past.length;
      const start = (i * steps + step) * width;
      said.set(step < 0 ? frameAt : rolled.subarray(start, start + width), to);
    });
  }
  const courses: Courses = { times, came, said };
  return { frame, courses };
}
