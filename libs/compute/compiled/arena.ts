import { CfgenError } from '@cfgen/contracts';
import type { Pointer } from './kernel-exports';

const alignment = 64;
const pageBytes = 65536;
/** Memory is taken in steps of at least this much, and this part of what there is, so that many small tensors don't grow it one by one. */
const growthBytes = 4 * 1024 * 1024;
const growthShare = 1 / 16;

interface Gap {
  start: number;
  size: number;
}

/** Memory that grows at its end: a WebAssembly memory, or address space of an add-on. */
export interface GrowingMemory {
  /** All of it. Another object after it has grown; what it held before is no longer looked at. */
  readonly buffer: ArrayBufferLike;
  /** @throws RangeError when there is not so much more. */
  grow(pages: number): unknown;
}

/** For messages: whose memory it is, and how large it can get. */
export interface MemoryLimit {
  readonly engine: string;
  readonly gibibytes: number;
}

/**
 * Hands out pieces of one memory: 64-byte aligned, merged with their neighbours when freed, best fit first.
 * Typed views over the whole memory are kept up to date with its growth.
 */
export class Arena {
  #gaps: Gap[] = [];
  readonly #sizes = new Map<Pointer, number>();
  #end: number;
  #f32: Float32Array = new Float32Array(0);
  #f64: Float64Array = new Float64Array(0);
  #i32: Int32Array = new Int32Array(0);
  #u32: Uint32Array = new Uint32Array(0);

  constructor(
    readonly memory: GrowingMemory,
    start: number,
    private readonly limit: MemoryLimit,
  ) {
    this.#end = alignedUp(start);
    this.#refresh();
    this.#free({ start: this.#end, size: memory.buffer.byteLength - this.#end });
    this.#end = memory.buffer.byteLength;
  }

  get f32(): Float32Array {
    return this.#f32;
  }
  get f64(): Float64Array {
    return this.#f64;
  }
  get i32(): Int32Array {
    return this.#i32;
  }
  get u32(): Uint32Array {
    return this.#u32;
  }

  /** Bytes a piece of this size takes. */
  static pieceBytes(bytes: number): number {
    return Math.max(alignment, alignedUp(bytes));
  }

  /**
   * A piece of memory, not cleared.
   *
   * @throws CfgenError MEMORY_EXCEEDED when the memory can't grow any more
   */
  allocate(bytes: number): Pointer {
    const size = Arena.pieceBytes(bytes);
    let best = this.#smallestGap(size);
    if (best === undefined) {
      this.#grow(size);
      best = this.#smallestGap(size);
    }
    if (best === undefined) throw this.#exceeded(size);
    const { start } = best;
    best.start += size;
    best.size -= size;
    if (best.size === 0) this.#gaps.splice(this.#gaps.indexOf(best), 1);
    this.#sizes.set(start, size);
    return start;
  }

  /** A piece of memory holding zeros. */
  allocateZeros(bytes: number): Pointer {
    const start = this.allocate(bytes);
    this.#f32.fill(0, start / 4, (start + Arena.pieceBytes(bytes)) / 4);
    return start;
  }

  free(start: Pointer): void {
    const size = this.#sizes.get(start);
    if (size === undefined) return;
    this.#sizes.delete(start);
    this.#free({ start, size });
  }

  #smallestGap(size: number): Gap | undefined {
    let best: Gap | undefined;
    for (const gap of this.#gaps) {
      if (gap.size >= size && (best === undefined || gap.size < best.size)) best = gap;
    }
    return best;
  }

  #free(gap: Gap): void {
    if (gap.size === 0) return;
    const gaps = this.#gaps;
    let at = gaps.length;
    while (at > 0 && (gaps[at - 1]?.start ?? 0) > gap.start) at--;
    const before = gaps[at - 1];
    const after = gaps[at];
    const joinsBefore = before !== undefined && before.start + before.size === gap.start;
    const joinsAfter = after !== undefined && gap.start + gap.size === after.start;
    if (joinsBefore && joinsAfter) {
      before.size += gap.size + after.size;
      gaps.splice(at, 1);
    } else if (joinsBefore) {
      before.size += gap.size;
    } else if (joinsAfter) {
      after.start = gap.start;
      after.size += gap.size;
    } else {
      gaps.splice(at, 0, gap);
    }
  }

  #grow(size: number): void {
    const last = this.#gaps.at(-1);
    const atEnd = last !== undefined && last.start + last.size === this.#end ? last.size : 0;
    const needed = Math.ceil((size - atEnd) / pageBytes);
    const wanted = Math.max(needed, Math.ceil(Math.max(growthBytes, this.#end * growthShare) / pageBytes));
    if (!this.#tryGrow(wanted) && !this.#tryGrow(needed)) throw this.#exceeded(size);
    this.#refresh();
    this.#free({ start: this.#end, size: this.memory.buffer.byteLength - this.#end });
    this.#end = this.memory.buffer.byteLength;
  }

  #tryGrow(pages: number): boolean {
    try {
      this.memory.grow(pages);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  #exceeded(bytes: number): CfgenError {
    const { engine, gibibytes } = this.limit;
    return new CfgenError(
      'MEMORY_EXCEEDED',
      `the ${engine} engine has no room for another ${Math.ceil(bytes / 2 ** 20)} MiB (${gibibytes} GiB is its limit)`,
      { hint: 'Use a smaller batch or fewer features, or close other programs.', details: { bytes } },
    );
  }

  #refresh(): void {
    const { buffer } = this.memory;
    this.#f32 = new Float32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u32 = new Uint32Array(buffer);
  }
}

function alignedUp(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
