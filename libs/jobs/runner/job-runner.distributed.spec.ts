import { jobSuite } from '../testing/job-suite';
import { schemaName } from '../testing/job-bench';

const url = process.env.DATABASE_URL;
if (url === undefined) throw new Error('DATABASE_URL is not set: run `npm run test:distributed`');

jobSuite('PostgreSQL', () => ({ kind: 'postgres', url, schema: schemaName() }));
