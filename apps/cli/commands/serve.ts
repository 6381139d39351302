import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { wholeNumber } from '../options/numbers';
import type { Session } from './session';

interface Options {
  readonly port?: string;
  readonly host?: string;
  readonly dataDir?: string;
  readonly workers?: string;
  readonly threads?: string;
  readonly logLevel?: string;
}

const examples = `
Examples:
  cfgen serve                                        the API on http://127.0.0.1:8080, everything in ./cfgen-data
  cfgen serve --port 9000 --data-dir /srv/cfgen
  cfgen tokens create --name team --scope write --data-dir /srv/cfgen && cfgen serve --host 0.0.0.0 --data-dir /srv/cfgen

The API is described at /openapi.json. Use it with --server: cfgen runs list --server http://127.0.0.1:8080.
Settings may also come from cfgen.config.yaml and from CFGEN_* variables.`;

/** `cfgen serve`: the whole platform in one process. */
export function addServe(program: Command, session: Session): void {
  program
    .command('serve')
    .summary('offer all of this over HTTP, with nothing else to start')
    .description('Starts the HTTP API and everything behind it in one process, with all data in one folder. Runs until it is stopped.')
    .option('--port <n>', 'port to listen on (default: 8080)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1; others need a token)')
    .option('--data-dir <folder>', 'folder of the data (default: cfgen-data)')
    .option('--workers <n>', 'jobs that are computed at once (default: 1)')
    .option('--threads <n>', 'threads of each (default: all processors, shared among the workers)')
    .option('--log-level <level>', 'debug, info, warn or error (default: info)')
    .addHelpText('after', examples)
    .action((options: Options) => serve(session, options));
}

async function serve(session: Session, options: Options): Promise<void> {
  const { serveEmbedded } = await import('@cfgen/gateway');
  await serveEmbedded({
    version: session.version,
    computeEntry: fileURLToPath(new URL('./compute-child.mjs', import.meta.url)),
    environment: session.environment,
    flags: {
      profile: 'embedded',
      'http.port': options.port === undefined ? undefined : wholeNumber('--port', options.port, { min: 0, max: 65_535 }),
      'http.host': options.host,
      dataDir: options.dataDir,
      'compute.workers': options.workers,
      'compute.threads': options.threads,
      'log.level': options.logLevel,
    },
    onReady: (url) => void session.stderr.write(`cfgen serves ${url} (stop with Ctrl-C)\n`),
  });
}
