/** Space into channels: every block of 2 × 2 positions becomes one position with four times the channels. */
import { ShapeError, show, type Tensor } from '../../tensor/index.js';

/** [batch, h, w, c] → [batch, h/2, w/2, 4c]. @throws ShapeError where h or w is odd */
export function squeeze(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape;
  if (height % 2 !== 0 || width % 2 !== 0)
    throw new ShapeError('squeeze', `${show(x.shape)} has no halves in height and width`);
  return x
    .reshape([batch, height / 2, 2, width / 2, 2, channels])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([batch, height / 2, width / 2, 4 * channels]);
}

/** Undoes `squeeze`: [batch, h, w, 4c] → [batch, 2h, 2w, c]. */
export function unsqueeze(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape;
  return x
    .reshape([batch, height, width, 2, 2, channels / 4])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([batch, 2 * height, 2 * width, channels / 4]);
}
