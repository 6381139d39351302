// Writes what is made from the declared contracts: the OpenAPI and AsyncAPI documents, the schemas of all messages, the typed client.
//
//   npm run contracts               write what has changed; refused when it would break those who rely on what is there
//   npm run contracts -- --check    change nothing, fail when a file is not as it has to be
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { breaksOf, outdated, presentFiles, wantedFiles } from './documents';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { readonly version: string };

const present = await presentFiles(root);
const wanted = await wantedFiles(root, version);
const breaks = breaksOf(present, wanted);
const paths = outdated(present, wanted);

if (breaks.length > 0) {
  console.error(`error: the contracts would break\n${breaks.map((line) => `  ${line}`).join('\n')}`);
  console.error(
    'hint: Only add: optional fields, new operations, new messages. What has to change otherwise needs a new version beside the old.',
  );
  process.exitCode = 1;
} else if (values.check) {
  for (const path of paths) console.error(`error: ${path} is not what the contracts say`);
  if (paths.length > 0) console.error('hint: npm run contracts writes it.');
  process.exitCode = paths.length > 0 ? 1 : 0;
} else {
  for (const path of paths) {
    const text = wanted.get(path);
    if (text === undefined) await rm(root + path);
    else {
      await mkdir(dirname(root + path), { recursive: true });
      await writeFile(root + path, text);
    }
    console.log(`${text === undefined ? 'removed' : 'wrote'} ${path}`);
  }
  if (paths.length === 0) console.log('Everything is as it has to be.');
}
