import { eitherOf } from './choices';
import { wholeNumber } from './numbers';

/** How a file is compressed, as asked for on the command line. */
export interface CompressionRequest {
  readonly compression: string;
  readonly level?: string;
}

/** Reads `--compression` and `--level`. @throws CfgenError REQUEST_INVALID */
export function compressionOf({ compression, level }: CompressionRequest): { compression: 'gzip' | 'none'; level?: number } {
  return {
    compression: eitherOf('--compression', compression, ['gzip', 'none']),
    ...(level === undefined ? {} : { level: wholeNumber('--level', level, { min: 1, max: 9 }) }),
  };
}
