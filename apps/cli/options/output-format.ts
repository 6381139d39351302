import { CfgenError } from '@cfgen/contracts';

/** Reads `--zarr-format`. @throws CfgenError REQUEST_INVALID */
export function zarrFormatOf(text: string): 2 | 3 {
  if (text === '2' || text === '3') return text === '2' ? 2 : 3;
  throw new CfgenError('REQUEST_INVALID', `--zarr-format is "${text}"`, {
    hint: 'Choose 2 or 3.',
    details: { option: '--zarr-format', value: text },
  });
}

/** Reads `--profile`. @throws CfgenError REQUEST_INVALID */
export function profileOf(text: string): 'cellxgene' {
  if (text === 'cellxgene') return text;
  throw new CfgenError('REQUEST_INVALID', `--profile is "${text}"`, {
    hint: 'The profile there is: cellxgene.',
    details: { option: '--profile', value: text },
  });
}
