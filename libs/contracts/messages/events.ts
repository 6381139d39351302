import { z } from 'zod';
import { commandDefinitions, commandTypes, type CommandType } from './commands';
import { errorShape, ulidSchema } from './shapes';

/** Facts about any job, whatever its command. */
const jobEvents = {
  JobStarted: z.object({ attempt: z.int().min(1), worker: z.string() }),
  /** The job is given up: it cannot succeed, or all attempts are used. */
  JobFailed: z.object({ error: errorShape, attempts: z.int().min(1) }),
  JobCancelled: z.object({ reason: z.string() }),
  /** A state that a later attempt goes on from; the references hold it alive in the blob store. */
  CheckpointCommitted: z.object({ step: z.int().min(0) }),
} as const;

/** Data of every event by its type: facts about jobs, and the success of each command. */
export const eventDefinitions: Readonly<Record<string, z.ZodType>> = {
  ...jobEvents,
  ...Object.fromEntries(commandTypes.map((type) => [commandDefinitions[type].succeeds, commandDefinitions[type].result])),
};

export type JobEventType = keyof typeof jobEvents;

/** The command whose success an event tells, if it tells one. */
export function commandOfEvent(eventType: string): CommandType | undefined {
  return commandTypes.find((type) => commandDefinitions[type].succeeds === eventType);
}

/** Data of a message on the progress topic. */
export const jobProgressSchema = z.object({
  stage: z.string(),
  done: z.number().min(0),
  total: z.number().min(0),
  unit: z.string(),
  attempt: z.int().min(1),
  /** Seconds left at the present pace; null while it is not known. */
  secondsLeft: z.number().min(0).nullable(),
  figures: z.record(z.string(), z.number()).optional(),
});
export type JobProgress = z.infer<typeof jobProgressSchema>;

/** Data of a message on the control topic. */
export const cancelJobsSchema = z.object({ jobIds: z.array(ulidSchema).max(1000), reason: z.string().max(500) });
