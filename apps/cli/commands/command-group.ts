import { CfgenError } from '@cfgen/contracts';
import type { Command } from 'commander';

/** A command that has commands: by itself it shows them, and it says which there are when it does not know one. */
export function commandGroup(program: Command, name: string, summary: string, examples: string): Command {
  const group = program
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`);
  return group
    .usage('<command> [options]')
    .argument('[command]')
    .helpCommand(false)
    .addHelpText('after', examples)
    .action((word: string | undefined) => {
      if (word === undefined) group.outputHelp();
      else
        throw unknownCommand(
          name,
          word,
          group.commands.map((command) => command.name()),
        );
    });
}

function unknownCommand(group: string, word: string, known: readonly string[]): CfgenError {
  return new CfgenError('REQUEST_INVALID', `unknown command '${group} ${word}'`, { hint: `There are: ${known.join(', ')}.` });
}
