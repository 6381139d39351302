import { CfgenError } from '@cfgen/contracts';
import { Command, CommanderError } from 'commander';
import { asCfgenError, errorLines, withOptionsNamed } from '../terminal/messages';
import type { Surroundings } from '../terminal/surroundings';
import { addAugment } from './augment';
import { addCorrect } from './correct';
import { addDataSets } from './data-sets';
import { addDoctor } from './doctor';
import { addEncode } from './encode';
import { addEvaluate } from './evaluate';
import { addGenerate } from './generate';
import { addGuide } from './guide';
import { addImpute } from './impute';
import { addImport } from './import';
import { addIntegration } from './integration';
import { addInspect } from './inspect';
import { addModels } from './models';
import { addQuickstart } from './quickstart';
import { addRuns } from './runs';
import { addServe } from './serve';
import type { Session } from './session';
import { addTokens } from './tokens';
import { addTrain } from './train';

const introduction = 'Learns from a single-cell data set and generates new, realistic cells from it.';

const firstSteps = `
First steps:
  cfgen quickstart                                            try it on 2,638 real blood cells, about a minute
  cfgen inspect data.h5ad                                     what a file holds, and what can serve as a label
  cfgen train data.h5ad --label cell_type --out model/
  cfgen generate model/ --cells 10000 --where cell_type="B cells" --out synthetic.h5ad
  cfgen evaluate data.h5ad synthetic.h5ad --label cell_type --out report/

cfgen <command> --help lists the options of a command with examples.`;

/** Commands that have something to put in order when they are stopped, and therefore work in a thread of their own. */
const computing = [
  'train',
  'generate',
  'evaluate',
  'integration',
  'guide',
  'encode',
  'correct',
  'impute',
  'import',
  'augment',
  'quickstart',
];

/** Whether a command line asks for such work, and not for help on it. */
export function computes(argv: readonly string[]): boolean {
  const [command = '', part] = argv;
  return (computing.includes(command) || (command === 'runs' && part === 'watch')) && !argv.includes('--help') && !argv.includes('-h');
}

/**
 * Runs one command line.
 *
 * @param elsewhere runs it in another thread instead, which prints what there is to print
 * @returns the exit status: 0 done, 2 bad input, 1 failure, 130 interrupted
 */
export async function runCfgen(surroundings: Surroundings, elsewhere?: () => Promise<number>): Promise<number> {
  const session: Session = { ...surroundings, problems: [], status: 0 };
  try {
    if (elsewhere !== undefined) return await elsewhere();
    const program = programOf(session);
    if (session.argv.length === 0) program.outputHelp();
    else await program.parseAsync(session.argv, { from: 'user' });
    return session.status;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = thrown instanceof CommanderError ? usageError(thrown, session.argv) : withOptionsNamed(asCfgenError(thrown));
    printError(session, error);
    return error.exitStatus;
  }
}

function programOf(session: Session): Command {
  const program = new Command('cfgen')
    .description(introduction)
    .version(session.version, '--version', 'print the version')
    .helpCommand(false)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .configureOutput({ writeOut: (text) => void session.stdout.write(text), writeErr: () => undefined })
    .exitOverride()
    .addHelpText('after', firstSteps);
  const local = [
    addTrain,
    addGenerate,
    addEvaluate,
    addIntegration,
    addGuide,
    addEncode,
    addCorrect,
    addImpute,
    addImport,
    addAugment,
    addInspect,
    addDoctor,
    addQuickstart,
  ];
  const served = [addServe, addTokens, addRuns, addDataSets, addModels];
  for (const add of [...local, ...served]) add(program, session);
  return program;
}

/** A command line that cannot be read, in the form of all other errors. */
function usageError(error: CommanderError, argv: readonly string[]): CfgenError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const command = argv[0] === undefined || argv[0].startsWith('-') || error.code === 'commander.unknownCommand' ? '' : ` ${argv[0]}`;
  const meant = suggestion === undefined ? '' : `${suggestion.replace(/^\((.*)\)$/, '$1')} `;
  return new CfgenError('REQUEST_INVALID', message, { hint: `${meant}cfgen${command} --help lists what there is.` });
}

function printError(session: Session, error: CfgenError): void {
  if (session.argv.includes('--json')) {
    session.stdout.write(`${JSON.stringify({ error, problems: session.problems }, null, 2)}\n`);
    return;
  }
  session.stderr.write(`${errorLines(error, session.argv.includes('--debug')).join('\n')}\n`);
}
