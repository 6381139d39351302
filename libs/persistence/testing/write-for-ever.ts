import { openDatabase } from '../database/open-database';
import { inboxRows } from '../shared/inbox-rows';
import { start } from './rows';

/** A process of its own that writes two rows a transaction and says which ones are kept, until it is killed. Argument: the file. */
const [file = ''] = process.argv.slice(2);
const database = await openDatabase({ location: { kind: 'libsql', file }, content: 'stage', now: Date.now });
for (let i = 0; ; i++) {
  await database.transaction(async (transaction) => {
    await inboxRows.remember(transaction, 'first', String(i), start);
    await inboxRows.remember(transaction, 'second', String(i), start);
  });
  process.stdout.write(`${i}\n`);
}
