import type { Problem } from '@cfgen/contracts';
import type { Surroundings } from '../terminal/surroundings';

/** One call of `cfgen`: its surroundings, and what has come up so far. */
export interface Session extends Surroundings {
  /** What the user was told, each message once; part of what `--json` prints. */
  readonly problems: Problem[];
  /** Exit status unless an error ends the command. */
  status: number;
}

/** Notes a problem. Answers whether it is a new one. */
export function noteProblem(session: Session, problem: Problem): boolean {
  if (session.problems.some(({ message }) => message === problem.message)) return false;
  session.problems.push(problem);
  return true;
}

/** What a command has to say at its end: for people, and for machines. */
export interface Answer {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

/** Prints the answer to stdout in the form asked for; the problems go along with `--json`. */
export function printAnswer(session: Session, answer: Answer, json: boolean): void {
  const text = json ? JSON.stringify({ ...answer.json, problems: session.problems }, null, 2) : answer.lines.join('\n');
  session.stdout.write(`${text}\n`);
}
