import { CfgenError } from '@cfgen/contracts';

/** Reads `--compression`. @throws CfgenError REQUEST_INVALID */
export function compressionOf(text: string): 'gzip' | 'none' {
  if (text === 'gzip' || text === 'none') return text;
  throw new CfgenError('REQUEST_INVALID', `--compression is "${text}"`, {
    hint: 'Choose gzip or none.',
    details: { option: '--compression', value: text },
  });
}
