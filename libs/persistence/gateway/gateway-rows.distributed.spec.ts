import { describeGatewayRows } from '../conformance/gateway-rows';
import { openDatabase } from '../database/open-database';

const url = process.env['DATABASE_URL'];
if (url === undefined) throw new Error('DATABASE_URL is not set: start the servers with `npm run test:distributed`');

describeGatewayRows('PostgreSQL', () => {
  const schema = `gateway_rows_${Date.now().toString(36)}`;
  return openDatabase({ location: { kind: 'postgres', url, schema }, content: 'gateway', now: Date.now });
});
