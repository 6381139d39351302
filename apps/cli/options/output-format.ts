import { CfgenError } from '@cfgen/contracts';
import { eitherOf } from './choices';

/** Reads `--zarr-format`. @throws CfgenError REQUEST_INVALID */
export function zarrFormatOf(text: string): 2 | 3 {
  return eitherOf('--zarr-format', text, ['2', '3']) === '2' ? 2 : 3;
}

/** Reads `--profile`. @throws CfgenError REQUEST_INVALID */
export function profileOf(text: string): 'cellxgene' {
  if (text === 'cellxgene') return text;
  throw new CfgenError('REQUEST_INVALID', `--profile is "${text}"`, {
    hint: 'The profile there is: cellxgene.',
    details: { option: '--profile', value: text },
  });
}
