import { augmentationCommands } from './commands/augmentation';
import { evaluationCommands } from './commands/evaluation';
import { generationCommands } from './commands/generation';
import { movingCommands } from './commands/moving';
import { trainingCommands } from './commands/training';
import type { CommandDefinition } from './commands/command-definition';
import type { z } from 'zod';
import type { StageName } from './topics';

export type { CommandDefinition };

/**
 * Every command there is. Inside `v1` only additions are made: new optional fields, new commands.
 *
 * Contents behind the references (media type, schema) are described in docs/messages.md.
 */
export const commandDefinitions = {
  ...trainingCommands,
  ...generationCommands,
  ...evaluationCommands,
  ...augmentationCommands,
  ...movingCommands,
} as const satisfies Readonly<Record<string, CommandDefinition>>;

export type CommandType = keyof typeof commandDefinitions;
export const commandTypes = Object.keys(commandDefinitions) as CommandType[];
export type CommandData<T extends CommandType> = z.infer<(typeof commandDefinitions)[T]['data']>;
export type CommandResult<T extends CommandType> = z.infer<(typeof commandDefinitions)[T]['result']>;

/** The commands that a stage owns. */
export function commandsOf(stage: StageName): CommandType[] {
  return commandTypes.filter((type) => commandDefinitions[type].stage === stage);
}
