import { z } from 'zod';
import { nameSchema, problemSchema } from '../shapes';
import type { StageName } from '../topics';

/** What a command asks for, what it needs, and what the event of its success holds. */
export interface CommandDefinition {
  readonly stage: StageName;
  /** Name of the event of its success. */
  readonly succeeds: string;
  readonly data: z.ZodType;
  /** References it takes, by name; `?`: optional. `generated-*`: any number, counted from 0. */
  readonly inputs: readonly string[];
  /** Figures of the success event. */
  readonly result: z.ZodType;
  /** References of the success event, by name; `?`: optional. */
  readonly outputs: readonly string[];
}

/** What the user has to be told, as far as a message has room. */
export const problems = z.array(problemSchema).max(50);
export const count = z.int().min(0);

/** Name that a file goes by, for messages, reports and provenance. */
export const fileName = z.string().max(255);
/** How a command that reads a data set names the files behind `data` and `split`, and where the counts are. */
export const dataSetFields = { fileName, splitName: fileName.optional(), layer: nameSchema.optional() };
/** Figures by name; `null`: there is none. */
export const figures = z.record(z.string(), z.number().nullable());
