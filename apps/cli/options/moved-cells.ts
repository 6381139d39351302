import { CfgenError } from '@cfgen/contracts';

/** What to do with cells whose label is missing or unknown to the model. */
export function missingOf(text: string): 'refuse' | 'keep' {
  if (text === 'refuse' || text === 'keep') return text;
  throw new CfgenError('REQUEST_INVALID', `--missing is "${text}"`, {
    hint: 'Choose refuse or keep.',
    details: { option: '--missing', value: text },
  });
}

/** A part of the cells, by `--split` and `--part`. */
export function partOf({
  split,
  part,
}: {
  readonly split?: string;
  readonly part: string;
}): { file: string; part: 'train' | 'test' } | undefined {
  if (part !== 'train' && part !== 'test') {
    throw new CfgenError('REQUEST_INVALID', `--part is "${part}"`, {
      hint: 'Choose train or test.',
      details: { option: '--part', value: part },
    });
  }
  return split === undefined ? undefined : { file: split, part };
}
