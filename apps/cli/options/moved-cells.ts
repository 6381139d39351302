import { eitherOf } from './choices';

/** What to do with cells whose label is missing or unknown to the model. */
export function missingOf(text: string): 'refuse' | 'keep' {
  return eitherOf('--missing', text, ['refuse', 'keep']);
}

/** A part of the cells, by `--split` and `--part`. */
export function partOf(options: { readonly split?: string; readonly part: string }): { file: string; part: 'train' | 'test' } | undefined {
  const part = eitherOf('--part', options.part, ['train', 'test']);
  return options.split === undefined ? undefined : { file: options.split, part };
}
