import type { CountSource } from '@cfgen/tensors';

/** A count source that holds memory or a temporary file until it is closed. */
export interface OpenCountSource extends CountSource {
  readonly kind: 'memory' | 'file';
  close(): void;
}
