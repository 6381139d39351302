import { CfgenError } from '@cfgen/contracts';

/**
 * One of several words.
 *
 * @throws CfgenError REQUEST_INVALID that lists them
 */
export function chosenOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  return found(option, text, choices, `Choose one of: ${choices.join(', ')}.`);
}

/** The same where the option may be left out. @throws CfgenError REQUEST_INVALID */
export function choiceOf<T extends string>(option: string, text: string | undefined, choices: readonly T[]): T | undefined {
  return text === undefined ? undefined : chosenOf(option, text, choices);
}

/** One of two words. @throws CfgenError REQUEST_INVALID */
export function eitherOf<T extends string>(option: string, text: string, choices: readonly [T, T]): T {
  return found(option, text, choices, `Choose ${choices.join(' or ')}.`);
}

function found<T extends string>(option: string, text: string, choices: readonly T[], hint: string): T {
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw new CfgenError('REQUEST_INVALID', `${option} is "${text}"`, { hint, details: { option, value: text } });
}
