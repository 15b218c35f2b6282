/**
 * Sums of many products that are larger than what they are made of, as the gradient of a weight that serves in every frame
 * of a sequence: the operands are put one behind the other, and one product sums over all of them.
 */
import { denseRead, type Graph, isWhole, numberOf, type Read } from './graph.js';
import { stridesOver, walkOf } from './views.js';

/** Products that are worth a copy of their operands. */
const MANY = 4;

/** aᵀ b, of a [k, m] and b [k, n]. */
interface Product {
  readonly term: Read;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Read;
  readonly b: Read;
}

/** @returns terms with the same sum, in the place of products that nothing else reads */
export function joinProducts(graph: Graph, terms: readonly Read[]): Read[] {
  const alike = new Map<string, Product[]>();
  const rest: Read[] = [];
  for (const term of terms) {
    const product = productOf(term);
    if (!product) {
      rest.push(term);
      continue;
    }
    const key = `${product.m} ${product.n} ${product.k}`;
    const known = alike.get(key);
    if (known) known.push(product);
    else alike.set(key, [product]);
  }
  const products = [...alike.values()].flatMap((each) =>
    each.length < MANY ? each.map(({ term }) => term) : [joined(graph, each)],
  );
  return products.concat(rest);
}

function productOf(term: Read): Product | undefined {
  const { source } = term;
  if (source.kind !== 'kernel' || source.work.kind !== 'matmul' || !isWhole(term)) return undefined;
  const { batch, m, n, k } = source.work;
  if (batch !== 1 || m * n < k * (m + n)) return undefined;
  const [a, b] = source.reads;
  const [aRow, aStep] = stridesOver(a.walk, [m, k]) ?? [];
  const [bStep, bColumn] = stridesOver(b.walk, [k, n]) ?? [];
  if (aRow === undefined || aStep === undefined || bStep === undefined) return undefined;
  // The first state of a sequence may be one number.
  if ((aRow !== 1 && numberOf(a) === undefined) || bColumn !== 1) return undefined;
  return {
    term,
    m,
    n,
    k,
    a: { source: a.source, walk: walkOf([k, m], [aStep, aRow], a.walk.offset) },
    b: { source: b.source, walk: walkOf([k, n], [bStep, bColumn], b.walk.offset) },
  };
}

function joined(graph: Graph, products: readonly Product[]): Read {
  const [{ m, n, k }] = products;
  const length = products.length * k;
  const stacked = (reads: readonly Read[], width: number) => {
    const boxes = reads.map((_, i) => ({ starts: [i * k, 0], sizes: [k, width] }));
    return denseRead(graph.join('float32', [length, width], length * width, reads, boxes, undefined));
  };
  const a = stacked(
    products.map((product) => product.a),
    m,
  );
  const b = stacked(
    products.map((product) => product.b),
    n,
  );
  const work = { kind: 'matmul', batch: 1, m, n, k: length } as const;
  const transposed = { source: a.source, walk: walkOf([m, length], [1, m]) };
  return denseRead(graph.kernel(work, 'float32', m * n, [transposed, b]));
}
