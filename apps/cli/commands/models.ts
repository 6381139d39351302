import { ulidPattern } from '@cfgen/contracts';
import type { Command } from 'commander';
import { wholeNumber } from '../options/numbers';
import { addServer, clientOf, type ServerOptions } from '../server/connection';
import { count } from '../terminal/quantities';
import { table } from '../terminal/tables';
import { addOutputOptions, type OutputOptions } from './common-options';
import { commandGroup } from './command-group';
import { printAnswer, type Session } from './session';

interface Options extends OutputOptions, ServerOptions {}

const examples = `
Examples:
  cfgen models list
  cfgen models alias production 01ARZ3NDEKTSV4RRFFQ69G5FAV      from now on "production" is this model
  cfgen models alias previous production                        keep the one that "production" is now`;

/** `cfgen models ...`: the models of a server. */
export function addModels(program: Command, session: Session): void {
  const group = commandGroup(program, 'models', 'list the models of a server and give them names', examples);
  const add = (name: string, summary: string): Command =>
    addOutputOptions(addServer(group.command(name).summary(summary).description(summary)));

  add('list', 'list the latest models with their aliases')
    .option('--limit <n>', 'how many', '20')
    .action((options: Options & { readonly limit: string }) => list(session, options));
  add('alias', 'point an alias at a model')
    .argument('<alias>', 'small letters, digits, ".", "_" and "-", such as production')
    .argument('<model>', 'id of the model, or another alias of it')
    .action((alias: string, model: string, options: Options) => setAlias(session, alias, model, options));
}

async function list(session: Session, options: Options & { readonly limit: string }): Promise<void> {
  const limit = wholeNumber('--limit', options.limit, { min: 1, max: 200 });
  const client = await clientOf(session, options);
  const { items } = await client.listModels({ limit });
  const rows = items.map((model) => [
    model.id,
    count(model.cells),
    count(model.features),
    model.attributes.map(({ name, categories }) => `${name} (${categories.length})`).join(', '),
    model.aliases.join(', '),
    model.createdAt,
  ]);
  const heads = ['model', 'cells', 'genes', 'attributes', 'aliases', 'created'];
  const lines = items.length === 0 ? ['There are no models.'] : table([heads, ...rows], ['left', 'right', 'right']);
  printAnswer(session, { lines, json: { command: 'models list', models: items } }, options.json === true);
}

async function setAlias(session: Session, alias: string, model: string, options: Options): Promise<void> {
  const client = await clientOf(session, options);
  const modelId = ulidPattern.test(model) ? model : (await client.getModel(model)).id;
  const set = await client.setModelAlias(alias, { modelId });
  const lines = [`${set.alias} is now the model ${set.modelId}`];
  printAnswer(session, { lines, json: { command: 'models alias', alias: set.alias, modelId: set.modelId } }, options.json === true);
}
