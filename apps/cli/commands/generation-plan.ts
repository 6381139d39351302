import { CfgenError } from '@cfgen/contracts';
import { whereOf } from '../options/conditions';
import { count, share } from '../terminal/quantities';
import { indented, table } from '../terminal/tables';
import { noteProblem, printAnswer, type Session } from './session';

/** What `cfgen generate --dry-run` is asked for. */
export interface PlanOptions {
  readonly where?: readonly string[];
  readonly like?: string;
  readonly json?: boolean;
}

/** Says which combinations of labels would be drawn and how many training cells each has; draws nothing. */
export async function showPlan(session: Session, model: string, options: PlanOptions): Promise<void> {
  if (options.like !== undefined) {
    throw new CfgenError('REQUEST_INVALID', '--dry-run has nothing to plan with --like', {
      hint: 'The labels are those of the file; leave one of the two out.',
      details: { option: '--dry-run' },
    });
  }
  const { planGeneration } = await import('@cfgen/stages');
  const { attributes, combinations, problems } = planGeneration({ model, where: whereOf(options.where ?? []) });
  for (const problem of problems) noteProblem(session, problem);
  const rows = combinations.map(({ values, trainingCells, share: part }) => [...values, count(trainingCells), share(part)]);
  const lines = [
    `${model} would draw ${count(combinations.length)} ${combinations.length === 1 ? 'combination' : 'combinations'} of labels`,
    ...indented(table([[...attributes, 'training cells', 'share'], ...rows], [...attributes.map(() => 'left' as const), 'right', 'right'])),
    ...problems.map(({ severity, message }) => `${severity}: ${message}`),
  ];
  printAnswer(session, { lines, json: { command: 'generate', dryRun: true, model, attributes, combinations } }, options.json === true);
}
