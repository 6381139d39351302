import { CfgenError } from '@cfgen/contracts';

export const integrationProfiles = ['scib-2025', 'scib-2024'] as const;
export const neighbourMethods = ['auto', 'exact', 'approximate'] as const;

/** One of several words. @throws CfgenError REQUEST_INVALID that lists them */
export function chosenOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw new CfgenError('REQUEST_INVALID', `${option} is "${text}"`, {
    hint: `Choose one of: ${choices.join(', ')}.`,
    details: { option, value: text },
  });
}
