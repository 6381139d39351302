import { commandDefinitions, errorShape, type CommandDefinition, type CommandType, type Envelope, type ErrorShape } from '@cfgen/contracts';
import type { RunStepRow, StepSummaryRow } from '@cfgen/persistence';

export type StepChanges = Partial<Pick<RunStepRow, 'state' | 'result' | 'checkpoint' | 'error' | 'startedAt' | 'finishedAt'>>;

/**
 * What an event says about its step; null when it says nothing new. A step that has ended stays as it is, whatever comes late.
 *
 * @param cancelling whether the run is being cancelled: only then is a cancelled job what was wanted
 */
export function stepChanges(step: StepSummaryRow, event: Envelope, cancelling: boolean, now: number): StepChanges | null {
  if (step.state !== 'issued' && step.state !== 'running') return null;
  const startedAt = step.startedAt ?? now;
  switch (event.type) {
    case 'JobStarted':
      return step.state === 'running' ? null : { state: 'running', startedAt };
    case 'CheckpointCommitted':
      return { checkpoint: event.refs };
    case 'JobFailed':
      return { state: 'failed', error: failureOf(event), startedAt, finishedAt: now };
    case 'JobCancelled':
      if (cancelling) return { state: 'cancelled', finishedAt: now };
      return { state: 'failed', error: strange('CANCELLED', `${step.type} was cancelled by its service`), startedAt, finishedAt: now };
    default:
      return successOf(step, event, startedAt, now);
  }
}

function successOf(step: StepSummaryRow, event: Envelope, startedAt: number, now: number): StepChanges | null {
  const definition = definitionOf(step.type);
  if (definition?.succeeds !== event.type) return null;
  const missing = definition.outputs.find((name) => !name.endsWith('?') && !event.refs.some((ref) => ref.name === name));
  if (missing !== undefined) {
    return { state: 'failed', error: strange('INTERNAL', `${event.type} lacks the reference ${missing}`), startedAt, finishedAt: now };
  }
  return { state: 'succeeded', result: { data: event.data, outputs: event.refs }, checkpoint: [], startedAt, finishedAt: now };
}

function definitionOf(type: string): CommandDefinition | undefined {
  return Object.hasOwn(commandDefinitions, type) ? commandDefinitions[type as CommandType] : undefined;
}

function failureOf(event: Envelope): ErrorShape {
  const parsed = errorShape.safeParse(event.data['error']);
  return parsed.success ? parsed.data : strange('INTERNAL', 'the job failed without saying why');
}

function strange(code: ErrorShape['code'], message: string): ErrorShape {
  return { code, message, retryable: false, details: {} };
}
