import type { SparseRows } from '@cfgen/tensors';
import type { KernelArguments } from './arguments';
import type { Pointer } from './kernel-exports';

/** Draws are made in slots of a full row each; this bounds the room they take. */
const slotBytes = 32 * 1024 * 1024;

/** Where a kernel leaves the draws of some rows: row r's columns and values from r * features on, their number in counts[r]. */
export interface DrawSlots {
  /** Rows from .. from + rows of the call are drawn. */
  readonly from: number;
  readonly rows: number;
  readonly counts: Pointer;
  readonly indices: Pointer;
  readonly values: Pointer;
  /** The kernel's own workspace. */
  readonly workspace: Pointer;
}

interface DrawnRows {
  readonly lengths: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** Draws rows in as many calls as the slots need, and gathers them. `ownBytes`: the workspace the kernel wants for itself. */
export function drawRows(
  args: KernelArguments,
  rows: number,
  features: number,
  ownBytes: number,
  draw: (slots: DrawSlots) => void,
): SparseRows {
  const { arena } = args.home;
  const most = Math.max(1, Math.min(rows, Math.floor(slotBytes / (8 * Math.max(1, features)))));
  const drawn: DrawnRows[] = [];
  for (let from = 0; from < rows; from += most) {
    const count = Math.min(most, rows - from);
    const workspace = args.workspace(ownBytes + count * 4 + count * features * 8);
    const counts = workspace + ownBytes;
    const indices = counts + count * 4;
    const values = indices + count * features * 4;
    draw({ from, rows: count, counts, indices, values, workspace });
    drawn.push(gathered(arena.u32, arena.f32, counts / 4, indices / 4, values / 4, count, features));
  }
  return joined(drawn, rows, features);
}

/** Copies the used part of each slot; positions are in words of the memory. */
function gathered(
  u32: Uint32Array,
  f32: Float32Array,
  counts: number,
  indices: number,
  values: number,
  rows: number,
  features: number,
): DrawnRows {
  const lengths = u32.slice(counts, counts + rows);
  const entries = lengths.reduce((sum, length) => sum + length, 0);
  const drawn = { lengths, indices: new Uint32Array(entries), values: new Float32Array(entries) };
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] ?? 0;
    const slot = row * features;
    drawn.indices.set(u32.subarray(indices + slot, indices + slot + length), at);
    drawn.values.set(f32.subarray(values + slot, values + slot + length), at);
    at += length;
  }
  return drawn;
}

function joined(parts: readonly DrawnRows[], rows: number, columns: number): SparseRows {
  const entries = parts.reduce((sum, part) => sum + part.indices.length, 0);
  const [first] = parts;
  const whole = parts.length === 1 && first !== undefined ? first : undefined;
  const indices = whole?.indices ?? new Uint32Array(entries);
  const values = whole?.values ?? new Float32Array(entries);
  const indptr = new Uint32Array(rows + 1);
  let row = 0;
  let at = 0;
  for (const part of parts) {
    if (whole === undefined) {
      indices.set(part.indices, at);
      values.set(part.values, at);
      at += part.indices.length;
    }
    for (const length of part.lengths) {
      indptr[row + 1] = (indptr[row] ?? 0) + length;
      row++;
    }
  }
  return { rows, columns, indptr, indices, values };
}
