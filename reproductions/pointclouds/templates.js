/**
 * What is left of held-out clouds when the nearest of some training clouds stands for each: k-medoids by Chamfer distance, the k-means of
 * what has distances and no means. Prints {"templates": [{"count", "chamfer", "standardError"}]}.
 *
 *   node reproductions/pointclouds/templates.js CLOUDS POINTS COUNT…   the parts are those of every run on such data
 */
import { prepareData, RandomStream } from 'vaekit';
import { openDataset } from 'vaekit/node';

const ROUNDS = 20;
const SEED = 0;

/** mean_a min_b ‖a − b‖² + mean_b min_a ‖a − b‖² of clouds of n points in three dimensions. */
function chamfer(a, b, n) {
  const nearestA = new Float64Array(n).fill(Infinity);
  let total = 0;
  for (let i = 0; i < 3 * n; i += 3) {
    let least = Infinity;
    for (let j = 0; j < n; j++) {
      const distance =
        (a[i] - b[3 * j]) ** 2 + (a[i + 1] - b[3 * j + 1]) ** 2 + (a[i + 2] - b[3 * j + 2]) ** 2;
      if (distance < least) least = distance;
      if (distance < nearestA[j]) nearestA[j] = distance;
    }
    total += least;
  }
  return nearestA.reduce((sum, distance) => sum + distance, total) / n;
}

/** Distances of all pairs, [count, count]. */
function tableOf(clouds, n) {
  const { length } = clouds;
  const table = new Float64Array(length ** 2);
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < i; j++)
      table[i * length + j] = table[j * length + i] = chamfer(clouds[i], clouds[j], n);
  }
  return table;
}

/** Numbers of k clouds that the others are near to: seeds as in k-means++, then each cluster's best member, until nothing moves. */
function medoids(table, length, k) {
  if (k >= length) return Array.from({ length }, (_, i) => i);
  const u = new RandomStream(SEED, `templates/${k}`).uniform(new Float32Array(k));
  const chosen = [Math.floor(u[0] * length)];
  while (chosen.length < k) {
    const left = Array.from({ length }, (_, i) => Math.min(...chosen.map((m) => table[i * length + m])));
    chosen.push(drawnFrom(left, u[chosen.length]));
  }
  for (let round = 0; round < ROUNDS; round++) {
    const members = chosen.map(() => []);
    for (let i = 0; i < length; i++) members[nearest(chosen, (m) => table[i * length + m])].push(i);
    const moved = members.map((own, c) => {
      const cost = (m) => own.reduce((sum, i) => sum + table[i * length + m], 0);
      return own.length === 0 ? chosen[c] : own[nearest(own, cost)];
    });
    if (moved.every((m, c) => m === chosen[c])) break;
    moved.forEach((m, c) => {
      chosen[c] = m;
    });
  }
  return chosen;
}

/** A place, each with the probability of its weight. */
function drawnFrom(weights, u) {
  let rest = u * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return i;
  }
  return 0;
}

/** Place of the smallest. */
function nearest(items, distance) {
  const distances = items.map(distance);
  return distances.indexOf(Math.min(...distances));
}

const [folder, points, ...counts] = process.argv.slice(2);
const n = Number(points);
const dataset = await openDataset(folder, { points: n });
const { split, source } = await prepareData(dataset);
const clouds = async (part) => {
  const { x } = await source(part).read(0, part.size);
  return Array.from({ length: part.size }, (_, i) => x.subarray(3 * n * i, 3 * n * (i + 1)));
};
const { train, test } = split;
const [known, held] = [await clouds(train), await clouds(test)];
const table = tableOf(known, n);
const across = held.map((cloud) => known.map((other) => chamfer(cloud, other, n)));
const templates = [...counts.map(Number).filter((count) => count < known.length), known.length].map(
  (count) => {
    const chosen = medoids(table, known.length, count);
    const least = across.map((distances) => Math.min(...chosen.map((m) => distances[m])));
    const mean = least.reduce((sum, distance) => sum + distance, 0) / least.length;
    const variance = least.reduce((sum, distance) => sum + (distance - mean) ** 2, 0) / (least.length - 1);
    return { count, chamfer: mean, standardError: Math.sqrt(variance / least.length) };
  },
);
await dataset.close();
process.stdout.write(`${JSON.stringify({ templates })}\n`);
