import type { DataSet } from '@cfgen/client';
import { dataSetKinds, dataSetStates } from '@cfgen/contracts';
import type { Command } from 'commander';
import { choiceOf } from '../options/choices';
import { wholeNumber } from '../options/numbers';
import { addServer, clientOf, type ServerOptions } from '../server/connection';
import { bytes, count } from '../terminal/quantities';
import { indented, table } from '../terminal/tables';
import { addOutputOptions, type OutputOptions } from './common-options';
import { commandGroup } from './command-group';
import { printAnswer, type Session } from './session';

interface Options extends OutputOptions, ServerOptions {}

const examples = `
Examples:
  cfgen data-sets add pbmc.h5ad                          upload a file
  cfgen data-sets add s3://atlas/release-7.h5ad          import one that lies in the object store of the server
  cfgen data-sets list --state ready`;

/** `cfgen data-sets ...`: the data of a server. */
export function addDataSets(program: Command, session: Session): void {
  const group = commandGroup(program, 'data-sets', 'list and add the data sets of a server', examples);
  const add = (name: string, summary: string): Command =>
    addOutputOptions(addServer(group.command(name).summary(summary).description(summary)));

  add('list', 'list the latest data sets')
    .option('--state <state>', `only these: ${dataSetStates.join(', ')}`)
    .option('--limit <n>', 'how many', '20')
    .action((options: Options & { readonly state?: string; readonly limit: string }) => list(session, options));
  add('add', 'upload a file, or import one from the object store of the server')
    .argument('<file>', 'local file, or s3://bucket/key')
    .option('--name <name>', 'name of the data set (default: that of the file)')
    .option(
      '--kind <kind>',
      `${dataSetKinds.join(', ')}: counts, a table with the columns barcode and split, or a file to import a model from`,
      'cells',
    )
    .option('--no-wait', 'do not wait until the server has read it')
    .action((file: string, options: Options & AddOptions) => addOne(session, file, options));
}

async function list(session: Session, options: Options & { readonly state?: string; readonly limit: string }): Promise<void> {
  const limit = wholeNumber('--limit', options.limit, { min: 1, max: 200 });
  const state = choiceOf('--state', options.state, dataSetStates);
  const client = await clientOf(session, options);
  const { items } = await client.listDataSets({ limit, state });
  const rows = items.map((one) => [
    one.id,
    one.state,
    one.cells === null ? '' : count(one.cells),
    bytes(one.bytes),
    one.name,
    one.createdAt,
  ]);
  const heads = ['data set', 'state', 'cells', 'size', 'name', 'created'];
  const lines = items.length === 0 ? ['There are no such data sets.'] : table([heads, ...rows], ['left', 'left', 'right', 'right']);
  printAnswer(session, { lines, json: { command: 'data-sets list', dataSets: items } }, options.json === true);
}

interface AddOptions {
  readonly name?: string;
  readonly kind: string;
  readonly wait: boolean;
}

async function addOne(session: Session, file: string, options: Options & AddOptions): Promise<void> {
  const kind = choiceOf('--kind', options.kind, dataSetKinds) ?? 'cells';
  const named = options.name === undefined ? {} : { name: options.name };
  const [{ onServer }, { checked, uploaded }] = [await import('../server/watching'), await import('../server/data-sets')];
  await onServer(session, options, async (work) => {
    const isUri = /^[a-z][a-z0-9+.-]*:\/\//i.test(file);
    const sent = isUri
      ? await work.client.addDataSet({ uri: file, kind, ...named }, { signal: work.signal })
      : await uploaded(work, file, { kind, ...named });
    const dataSet = options.wait ? await checked(work, sent) : sent;
    return { lines: linesOf(dataSet), json: { command: 'data-sets add', dataSet } };
  });
}

function linesOf({ id, name, state, cells, features, bytes: size, sha256 }: DataSet): string[] {
  return [
    `Data set ${id}: ${name}, ${state}`,
    ...indented(
      table([
        ...(cells === null ? [] : [['cells', count(cells)]]),
        ...(features === null ? [] : [['genes', count(features)]]),
        ['size', bytes(size)],
        ['sha256', sha256],
      ]),
    ),
  ];
}
