import { join } from 'node:path';
import { jobSuite } from '../testing/job-suite';

jobSuite('a libsql file', (folder) => ({ kind: 'libsql', file: join(folder, 'stage.db') }));
