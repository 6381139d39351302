import type { Client } from '@cfgen/client';
import { CfgenError } from '@cfgen/contracts';
import type { Command } from 'commander';
import type { Session } from '../commands/session';
import { shellCommand } from '../terminal/shell-words';

/** Which server a command talks to, and as whom. */
export interface ServerOptions {
  readonly server?: string;
  readonly token?: string;
}

/** Word in place of a URL that asks for work on this machine, whatever CFGEN_SERVER says. */
const here = 'none';

/** Adds `--server` and `--token` to a command that works on this machine without them. */
export function addOptionalServer(command: Command): Command {
  return command
    .option('--server <url>', `do the work on this server (default: CFGEN_SERVER; ${here}: on this machine)`)
    .option('--token <token>', 'token for the server (default: CFGEN_TOKEN, which others on this machine cannot see)');
}

/** Adds them to a command that means nothing without a server. */
export function addServer(command: Command): Command {
  return command
    .option('--server <url>', 'server to talk to (default: CFGEN_SERVER)')
    .option('--token <token>', 'token for the server (default: CFGEN_TOKEN, which others on this machine cannot see)');
}

/** The address of the server that was asked for; undefined: work here. */
export function serverOf(session: Session, { server }: ServerOptions): string | undefined {
  const address = server ?? session.environment['CFGEN_SERVER'];
  return address === undefined || address === '' || address === here ? undefined : address;
}

/**
 * A client of the server that was asked for.
 *
 * @throws CfgenError REQUEST_INVALID where none was
 */
export async function clientOf(session: Session, options: ServerOptions): Promise<Client> {
  const server = serverOf(session, options);
  if (server === undefined) {
    throw new CfgenError('REQUEST_INVALID', 'there is no server to talk to', {
      hint: 'Give one by --server http://host:8080 or in CFGEN_SERVER.',
      details: { option: '--server' },
    });
  }
  const { createClient } = await import('@cfgen/client');
  return createClient({ server, token: options.token ?? session.environment['CFGEN_TOKEN'] });
}

/** The command that does something with a run, for the user to type; it names the server again where the environment does not. */
export function runCommand({ server }: ServerOptions, word: 'watch' | 'cancel' | 'retry', id: string): string {
  return shellCommand(['cfgen', 'runs', word, id, ...(server === undefined ? [] : ['--server', server])]);
}
