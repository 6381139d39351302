import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { describeGatewayRows } from '../conformance/gateway-rows';
import { openDatabase } from '../database/open-database';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describeGatewayRows('libsql', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cfgen-gateway-rows-'));
  folders.push(folder);
  return openDatabase({ location: { kind: 'libsql', file: join(folder, 'gateway.db') }, content: 'gateway', now: Date.now });
});
