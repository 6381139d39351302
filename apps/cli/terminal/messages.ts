import { CfgenError, type Problem } from '@cfgen/contracts';

/** A problem as lines for people. */
export function problemLines(problem: Problem): string[] {
  return [`${problem.severity}: ${problem.message}`, ...hintLines(problem.hint)];
}

/** An error as lines for people; `stack` only where it was asked for. */
export function errorLines(error: CfgenError, stack: boolean): string[] {
  return [`error ${error.code}: ${oneLine(error.message)}`, ...hintLines(error.hint), ...(stack ? stackLines(error) : [])];
}

function hintLines(hint: string | undefined): string[] {
  return hint === undefined ? [] : [`hint: ${hint}`];
}

function stackLines(error: Error): string[] {
  const lines = (error.stack ?? '').split('\n');
  return error.cause instanceof Error ? [...lines, 'caused by:', ...stackLines(error.cause)] : lines;
}

/** Libraries know nothing of options; where one of ours is the way out, the hint names it. */
export function withOptionsNamed(error: CfgenError): CfgenError {
  if (error.code !== 'OUTPUT_EXISTS' || error.hint?.includes('--') === true) return error;
  const { message, details, retryable } = error;
  return new CfgenError('OUTPUT_EXISTS', message, {
    hint: 'Choose another name by --out, or replace it with --overwrite.',
    details,
    retryable,
    cause: error,
  });
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

/** Whatever was thrown, as the one kind of error that is shown: what nobody foresaw becomes INTERNAL. */
export function asCfgenError(thrown: unknown): CfgenError {
  if (thrown instanceof CfgenError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CfgenError('INTERNAL', message === '' ? 'something unexpected happened' : message, {
    hint: 'This should not happen. Run the same command with --debug and report what it prints.',
    cause: thrown,
  });
}
