import { CfgenError } from '@cfgen/contracts';

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Less than this leaves no room for a single block of cells. */
const leastMemory = 64 * 2 ** 20;
const mostByDefault = 8 * 2 ** 30;

/** Bytes of `4GiB`, `500MB`, `2G` (binary) or a plain number of bytes; at least 64 MiB. `REQUEST_INVALID` otherwise. */
export function memoryCeiling(text: string): number {
  const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  const bytes = number === '' || factor === undefined ? NaN : Math.floor(Number(number) * factor);
  if (bytes >= leastMemory && Number.isSafeInteger(bytes)) return bytes;
  const found = bytes < leastMemory ? 'too little to work with' : 'not an amount of memory';
  throw new CfgenError('REQUEST_INVALID', `--memory is "${text}", ${found}`, {
    hint: 'Give an amount such as 4GiB or 500MB; at least 64MiB.',
    details: { option: '--memory', value: text },
  });
}

/** Half of the machine's memory (or of what this process may use, where that is less), at most 8 GiB. */
export function defaultMemory(machine: { readonly total: number; readonly allowed: number | undefined }): number {
  const usable = machine.allowed === undefined || machine.allowed <= 0 ? machine.total : Math.min(machine.total, machine.allowed);
  return Math.max(leastMemory, Math.min(mostByDefault, Math.floor(usable / 2)));
}
