import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from './load-configuration';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cfgen-configuration-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const servers = {
  CFGEN_PROFILE: 'distributed',
  CFGEN_KAFKA_BROKERS: 'a:9092, b:9092',
  CFGEN_S3_ENDPOINT: 'http://s3:9000',
  CFGEN_S3_ACCESS_KEY: 'key',
  CFGEN_S3_SECRET_KEY: 'secret',
  CFGEN_DATABASE_URL: 'postgres://db/cfgen',
};

function fileWith(yaml: string): string {
  const file = join(folder, 'cfgen.config.yaml');
  writeFileSync(file, yaml);
  return file;
}

describe('the configuration', () => {
  it('has a default for everything on one machine', () => {
    const configuration = loadConfiguration({});
    expect(configuration).toMatchObject({ profile: 'embedded', http: { host: '127.0.0.1', port: 8080 }, jobs: { leaseSeconds: 60 } });
  });

  it('takes flags before variables, variables before the file, the file before defaults', () => {
    const CFGEN_CONFIG = fileWith('http: { port: 1, host: 0.0.0.0 }\nlog: { level: debug }\ncompute: { memory: 2GiB }\n');
    const configuration = loadConfiguration({ CFGEN_CONFIG, CFGEN_HTTP_PORT: '2', CFGEN_LOG_LEVEL: 'warn' }, { 'http.port': 3 });
    expect(configuration.http).toMatchObject({ port: 3, host: '0.0.0.0' });
    expect(configuration.log.level).toBe('warn');
    expect(configuration.compute.memory).toBe(2 * 2 ** 30);
  });

  it('reads lists and secrets from files', () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 's3cret\n');
    const { CFGEN_S3_SECRET_KEY: _, ...rest } = servers;
    const configuration = loadConfiguration({ ...rest, CFGEN_S3_SECRET_KEY_FILE: secret });
    expect(configuration.kafka.brokers).toEqual(['a:9092', 'b:9092']);
    expect(configuration.s3.secretKey).toBe('s3cret');
  });

  it.each([
    ['a server that is not named', { ...servers, CFGEN_DATABASE_URL: '' }, /database\.url/],
    ['a variable that does not exist', { CFGEN_HTPP_PORT: '1' }, /CFGEN_HTPP_PORT/],
    ['a port that is none', { CFGEN_HTTP_PORT: 'many' }, /http\.port \(from CFGEN_HTTP_PORT\)/],
    ['a lease shorter than two renewals', { CFGEN_LEASE_SECONDS: '10', CFGEN_RENEW_SECONDS: '9' }, /jobs\.renewSeconds/],
    ['an amount of memory that is none', { CFGEN_MEMORY: 'lots' }, /compute\.memory/],
  ])('refuses %s by name', (_, environment, message) => {
    expect(() => loadConfiguration(environment)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(message) }),
    );
  });

  it('names a setting of the file that does not exist', () => {
    const CFGEN_CONFIG = fileWith('http: { prot: 1 }\n');
    expect(() => loadConfiguration({ CFGEN_CONFIG })).toThrow(/there is no setting http\.prot \(from .*cfgen\.config\.yaml\)/);
  });
});
