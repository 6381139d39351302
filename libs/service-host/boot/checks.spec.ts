import { commandsOf, topicDefinitions } from '@cfgen/contracts';
import { createInProcessBus } from '@cfgen/messaging';
import { describe, expect, it } from 'vitest';
import { requireHandlers, requireTopics } from './checks';

describe('a service at its start', () => {
  it('is content with one handler for each command of its stages', () => {
    expect(() =>
      requireHandlers([
        { stage: 'flow', commands: commandsOf('flow') },
        { stage: 'prior', commands: commandsOf('prior') },
      ]),
    ).not.toThrow();
  });

  it.each([
    ['a command without a handler', [{ stage: 'prior' as const, commands: ['FitPriors'] }], /DrawConditions .* has no handler/],
    [
      'a command with two handlers',
      [
        { stage: 'prior' as const, commands: commandsOf('prior') },
        { stage: 'prior' as const, commands: ['FitPriors'] },
      ],
      /FitPriors .* has two handlers/,
    ],
    [
      'a handler for a command of another stage',
      [{ stage: 'prior' as const, commands: [...commandsOf('prior'), 'TrainFlow'] }],
      /TrainFlow, which is not its command/,
    ],
  ])('refuses %s', (_, lists, message) => {
    expect(() => requireHandlers(lists)).toThrow(message);
  });

  it('refuses a bus that lacks a topic, and names it', async () => {
    const complete = createInProcessBus({ topics: topicDefinitions, now: () => Date.now() });
    await expect(requireTopics(complete)).resolves.toBeUndefined();
    await complete.close();
    const lacking = createInProcessBus({ topics: topicDefinitions.slice(1), now: () => Date.now() });
    await expect(requireTopics(lacking)).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(topicDefinitions[0]!.name),
    });
    await lacking.close();
  });
});
