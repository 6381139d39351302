import { CfgenError, commandsOf, topicDefinitions, type CommandType, type StageName } from '@cfgen/contracts';
import type { MessageBus } from '@cfgen/messaging';

/** What a stage module brings: its name and the commands it has handlers for. */
export interface HandlerList {
  readonly stage: StageName;
  readonly commands: readonly string[];
}

/**
 * Refuses to start when a command of the loaded stages has no handler or two, or when a handler is there for a command that the stage
 * does not own.
 *
 * @throws CfgenError INTERNAL naming the command
 */
export function requireHandlers(lists: readonly HandlerList[]): void {
  for (const stage of new Set(lists.map((list) => list.stage))) {
    const found = lists.filter((list) => list.stage === stage).flatMap((list) => list.commands);
    const owned: readonly CommandType[] = commandsOf(stage);
    const missing = owned.find((type) => !found.includes(type));
    if (missing !== undefined) throw new CfgenError('INTERNAL', `the command ${missing} of the stage ${stage} has no handler`);
    const strange = found.find((type) => !owned.some((known) => known === type));
    if (strange !== undefined)
      throw new CfgenError('INTERNAL', `the stage ${stage} has a handler for ${strange}, which is not its command`);
    const twice = found.find((type, i) => found.indexOf(type) !== i);
    if (twice !== undefined) throw new CfgenError('INTERNAL', `the command ${twice} of the stage ${stage} has two handlers`);
  }
}

/**
 * Refuses to start when a topic was not created: a broker's default would give it one partition and a week.
 *
 * @throws CfgenError CONFIGURATION_INVALID naming the topics; BUS_UNAVAILABLE (retryable) while the broker does not answer
 */
export async function requireTopics(bus: MessageBus): Promise<void> {
  const missing = await bus.missingTopics(topicDefinitions.map(({ name }) => name));
  if (missing.length === 0) return;
  throw new CfgenError('CONFIGURATION_INVALID', `Kafka has no topic ${missing.join(', ')}`, {
    hint: 'Create the topics first: npm run topics -- --brokers <host:port>.',
    details: { missing },
  });
}
