import type { DenseMatrix } from '../linear-algebra/dense-matrix';
import { fillUniform } from '../random/indexed-draws';
import { randomKey } from '../random/random-key';
import { RandomStream } from '../random/random-stream';
import { shuffle } from '../random/shuffle';
import { DistanceHeap } from './distance-heap';

/** Links a row keeps on the lowest level, on the levels above, and rows looked at for each new one. */
const lowestLinks = 32;
const upperLinks = 16;
const buildBreadth = 100;

/** A graph in which a few steps from link to link lead to the neighbours of any row. */
export interface SmallWorld {
  /** Up to `breadth` rows near row `i`, nearest first, without itself. */
  around(i: number, breadth: number): Int32Array;
}

/**
 * Builds a hierarchical navigable small world graph over the rows: rows are put in one after the other, in an order drawn by the seed, each linked
 * to near rows in different directions. Malkov & Yashunin, IEEE TPAMI 42:824-836, 2020, algorithms 1, 2 and 4.
 */
export function buildSmallWorld(x: DenseMatrix, seed: number): SmallWorld {
  const world = new Builder(x, seed);
  const order = Int32Array.from({ length: x.rows }, (_, i) => i);
  shuffle(order, new RandomStream(randomKey(seed, 'nearest-neighbours/order')));
  for (const row of order) world.insert(row);
  return world;
}

class Builder implements SmallWorld {
  readonly #d: number;
  /** In float32: half the memory to walk through. The distances handed out are measured again. */
  readonly #values: Float32Array;
  readonly #levels: Uint8Array;
  /** Links of each level: `counts[i]` of them from `links[i * most]` on. */
  readonly #links: Int32Array[] = [];
  readonly #counts: Int32Array[] = [];
  /** Position of a row on the levels above the lowest, where few rows are. */
  readonly #slots: Int32Array[] = [];
  readonly #visited: Uint32Array;
  #visit = 0;
  /** Rows whose links are still to be followed, and the nearest so far; used by one search at a time. */
  readonly #open = new DistanceHeap();
  readonly #found = new DistanceHeap();
  #entry = -1;
  #top = -1;

  constructor(x: DenseMatrix, seed: number) {
    this.#d = x.columns;
    this.#values = Float32Array.from(x.values);
    this.#visited = new Uint32Array(x.rows);
    const uniform = new Float64Array(x.rows);
    fillUniform(uniform, x.rows, 1, { key: randomKey(seed, 'nearest-neighbours/levels') });
    this.#levels = Uint8Array.from(uniform, (u) => Math.min(15, Math.floor(-Math.log(u) / Math.log(upperLinks))));
    const highest = this.#levels.reduce((most, level) => Math.max(most, level), 0);
    for (let level = 0; level <= highest; level++) {
      let rows = 0;
      const slots = Int32Array.from(this.#levels, (own) => (own >= level ? rows++ : -1));
      this.#slots.push(slots);
      this.#links.push(new Int32Array(rows * mostLinks(level)));
      this.#counts.push(new Int32Array(rows));
    }
  }

  insert(row: number): void {
    const own = this.#levels[row];
    if (this.#entry < 0) {
      this.#entry = row;
      this.#top = own;
      return;
    }
    let nearest = this.#entry;
    for (let level = this.#top; level > own; level--) nearest = this.#descend(row, nearest, level);
    for (let level = Math.min(own, this.#top); level >= 0; level--) {
      const found = this.#search(row, Int32Array.of(nearest), level, buildBreadth);
      const chosen = this.#spread(found.rows, found.distances, upperLinks);
      for (const other of chosen) {
        this.#link(row, other, level);
        this.#link(other, row, level);
      }
      nearest = found.rows[0] ?? nearest;
    }
    if (own <= this.#top) return;
    this.#top = own;
    this.#entry = row;
  }

  around(i: number, breadth: number): Int32Array {
    const count = this.#counts[0][i];
    const start = i * lowestLinks;
    return this.#search(i, this.#links[0].subarray(start, start + count), 0, breadth).rows;
  }

  /** Goes to the nearest of the links as long as that leads nearer. */
  #descend(row: number, from: number, level: number): number {
    let nearest = from;
    let least = this.#distance(row, from);
    for (let moved = true; moved;) {
      moved = false;
      for (const other of this.#linksOf(nearest, level)) {
        const distance = this.#distance(row, other);
        if (distance >= least) continue;
        least = distance;
        nearest = other;
        moved = true;
      }
    }
    return nearest;
  }

  /** Rows near `row`, nearest first, reached from the given ones; `row` itself is passed through but not among them. */
  #search(row: number, from: Int32Array, level: number, breadth: number): { rows: Int32Array; distances: Float64Array } {
    const open = this.#open;
    const found = this.#found;
    open.clear();
    found.clear();
    this.#startVisit(row);
    for (let at = 0; at < from.length; at++) this.#meet(row, from[at], breadth);
    const links = this.#links[level];
    const counts = this.#counts[level];
    const slots = this.#slots[level];
    const most = mostLinks(level);
    while (open.size > 0) {
      if (found.size >= breadth && open.topDistance > -found.topDistance) break;
      const slot = slots[open.pop()];
      const end = slot * most + counts[slot];
      for (let at = slot * most; at < end; at++) this.#meet(row, links[at], breadth);
    }
    const rows = new Int32Array(found.size);
    const distances = new Float64Array(found.size);
    for (let at = found.size - 1; at >= 0; at--) {
      distances[at] = -found.topDistance;
      rows[at] = found.pop();
    }
    return { rows, distances };
  }

  /** Looks at a row for the first time in this search. */
  #meet(row: number, other: number, breadth: number): void {
    if (this.#visited[other] === this.#visit) return;
    this.#visited[other] = this.#visit;
    const distance = this.#distance(row, other);
    const found = this.#found;
    if (found.size >= breadth && distance >= -found.topDistance) return;
    this.#open.push(distance, other);
    // Turned round, so that the furthest is on top.
    found.push(-distance, other);
    if (found.size > breadth) found.pop();
  }

  /** Up to `most` of the rows, nearest first, leaving out those nearer to one chosen before than to the row at hand. */
  #spread(rows: ArrayLike<number>, distances: ArrayLike<number>, most: number): number[] {
    const chosen: number[] = [];
    for (let at = 0; at < rows.length && chosen.length < most; at++) {
      if (chosen.every((other) => this.#distance(rows[at], other) >= distances[at])) chosen.push(rows[at]);
    }
    return chosen;
  }

  #link(from: number, to: number, level: number): void {
    const most = mostLinks(level);
    const slot = this.#slots[level][from];
    const count = this.#counts[level][slot];
    const links = this.#links[level];
    if (count < most) {
      links[slot * most + count] = to;
      this.#counts[level][slot]++;
      return;
    }
    const candidates = [...links.subarray(slot * most, (slot + 1) * most), to].map((row) => ({ row, distance: this.#distance(from, row) }));
    candidates.sort((a, b) => a.distance - b.distance || a.row - b.row);
    const kept = this.#spread(
      candidates.map(({ row }) => row),
      candidates.map(({ distance }) => distance),
      most,
    );
    links.set(kept, slot * most);
    this.#counts[level][slot] = kept.length;
  }

  #linksOf(row: number, level: number): Int32Array {
    const most = mostLinks(level);
    const slot = this.#slots[level][row];
    return this.#links[level].subarray(slot * most, slot * most + this.#counts[level][slot]);
  }

  #distance(a: number, b: number): number {
    const d = this.#d;
    const values = this.#values;
    const p = a * d;
    const q = b * d;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let k = 0;
    for (; k + 3 < d; k += 4) {
      const d0 = values[p + k] - values[q + k];
      const d1 = values[p + k + 1] - values[q + k + 1];
      const d2 = values[p + k + 2] - values[q + k + 2];
      const d3 = values[p + k + 3] - values[q + k + 3];
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; k < d; k++) s0 += (values[p + k] - values[q + k]) ** 2;
    return s0 + s1 + (s2 + s3);
  }

  #startVisit(row: number): void {
    this.#visit++;
    if (this.#visit === 2 ** 32 - 1) {
      this.#visited.fill(0);
      this.#visit = 1;
    }
    this.#visited[row] = this.#visit;
  }
}

function mostLinks(level: number): number {
  return level === 0 ? lowestLinks : upperLinks;
}
