/** Rows by distance, the smallest on top; equal distances by row. */
export class DistanceHeap {
  #distances = new Float64Array(64);
  #rows = new Int32Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Distance of the row on top; meaningless for an empty heap. */
  get topDistance(): number {
    return this.#distances[0];
  }

  clear(): void {
    this.#size = 0;
  }

  push(distance: number, row: number): void {
    if (this.#size === this.#rows.length) this.#grow();
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(distance, row, parent)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#distances[at] = distance;
    this.#rows[at] = row;
  }

  /** Takes the row on top; -1 when there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const top = this.#rows[0];
    const distance = this.#distances[--this.#size];
    const row = this.#rows[this.#size];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#before(this.#distances[child + 1], this.#rows[child + 1], child)) child++;
      if (this.#before(distance, row, child)) break;
      this.#move(child, at);
      at = child;
    }
    this.#distances[at] = distance;
    this.#rows[at] = row;
    return top;
  }

  #before(distance: number, row: number, other: number): boolean {
    const theirs = this.#distances[other];
    return distance < theirs || (distance === theirs && row < this.#rows[other]);
  }

  #move(from: number, to: number): void {
    this.#distances[to] = this.#distances[from];
    this.#rows[to] = this.#rows[from];
  }

  #grow(): void {
    const distances = new Float64Array(2 * this.#distances.length);
    distances.set(this.#distances);
    const rows = new Int32Array(2 * this.#rows.length);
    rows.set(this.#rows);
    this.#distances = distances;
    this.#rows = rows;
  }
}
