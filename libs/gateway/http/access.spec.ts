import { afterEach, describe, expect, it } from 'vitest';
import { systemSchema } from '@cfgen/contracts';
import { requireSafeBinding } from '../access/tokens';
import { ask, bytes, closeGateways, gatewayWith } from '../testing/http-client';
import { serveHttp } from './serve-http';

afterEach(closeGateways);

describe('access', () => {
  it('is open to this machine until there is a token, then needs one with the scope', async () => {
    const gateway = await gatewayWith();
    expect((await ask(gateway, 'GET', '/v1/system')).json).toMatchObject({ authentication: false });
    expect((await ask(gateway, 'POST', '/v1/tokens', { name: 'ci', scope: 'read' })).status).toBe(409);
    const admin = await ask(gateway, 'POST', '/v1/tokens', { name: 'first', scope: 'admin' });
    expect(admin.status).toBe(201);
    const bearer = (secret: string): Record<string, string> => ({ authorization: `Bearer ${secret}` });
    const root = bearer(admin.json.secret as string);
    const denied = await ask(gateway, 'GET', '/v1/system');
    expect([denied.status, denied.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect((await ask(gateway, 'GET', '/v1/system', undefined, bearer('cfgen_wrong'))).status).toBe(401);
    expect((await ask(gateway, 'GET', '/v1/system', undefined, { authorization: 'Basic eDp5' })).status).toBe(401);
    expect(systemSchema.parse((await ask(gateway, 'GET', '/v1/system', undefined, root)).json).authentication).toBe(true);
    const reader = await ask(gateway, 'POST', '/v1/tokens', { name: 'reader', scope: 'read' }, root);
    const read = bearer(reader.json.secret as string);
    expect((await ask(gateway, 'GET', '/v1/runs', undefined, read)).status).toBe(200);
    expect(await ask(gateway, 'POST', '/v1/data-sets', Buffer.from('x'), { ...bytes, ...read })).toMatchObject({
      status: 403,
      json: { details: { needed: 'write' } },
    });
    expect((await ask(gateway, 'GET', '/v1/tokens', undefined, read)).status).toBe(403);
    const listed = await ask(gateway, 'GET', '/v1/tokens', undefined, root);
    expect(listed.json.items).toHaveLength(2);
    expect(listed.body).not.toContain('secret');
    expect(listed.body).not.toContain('hash');
    expect((await ask(gateway, 'DELETE', `/v1/tokens/${String(reader.json.id)}`, undefined, root)).json.revokedAt).not.toBeNull();
    expect((await ask(gateway, 'GET', '/v1/runs', undefined, read)).status).toBe(401);
    for (const path of ['/livez', '/readyz', '/metrics', '/openapi.json']) expect((await ask(gateway, 'GET', path)).status).toBe(200);
  });

  it('ends with the time of a token', async () => {
    const gateway = await gatewayWith();
    const { secret } = await gateway.gateway.access.issue({ name: 'old', scope: 'admin', expiresAt: 1000 });
    expect(await ask(gateway, 'GET', '/v1/runs', undefined, { authorization: `Bearer ${secret}` })).toMatchObject({
      status: 401,
      json: { detail: 'the token has expired' },
    });
  });

  it('is not open to pages of other sites in a browser of this machine', async () => {
    const gateway = await gatewayWith();
    expect((await ask(gateway, 'GET', '/v1/runs', undefined, { origin: 'https://elsewhere.example' })).status).toBe(403);
    expect((await ask(gateway, 'GET', '/v1/runs', undefined, { host: 'rebound.example' })).status).toBe(403);
    expect((await ask(gateway, 'GET', '/v1/runs', undefined, { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' })).status).toBe(
      200,
    );
  });

  it('does not let a server without tokens listen to strangers', async () => {
    for (const host of ['127.0.0.1', 'localhost', '::1', '127.9.9.9']) expect(() => requireSafeBinding(host, true)).not.toThrow();
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'cfgen.example']) expect(() => requireSafeBinding(host, true)).toThrow(/no token/);
    expect(() => requireSafeBinding('0.0.0.0', false)).not.toThrow();
    const gateway = await gatewayWith();
    await expect(serveHttp(gateway.gateway, { host: '0.0.0.0', port: 0 })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });
});
