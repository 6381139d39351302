import { CfgenError } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { createLogger, silentLogger, type Logger, type LoggerOptions } from './logger';

interface Line {
  readonly [field: string]: unknown;
  readonly time: string;
  readonly message: string;
}

function logInto(lines: string[], level: LoggerOptions['level'] = 'debug'): Logger {
  return createLogger({ service: 'flow', instance: 'flow-1', version: '1.2.3', level, destination: { write: (line) => lines.push(line) } });
}

/** The one line that some logging writes, as JSON. */
function lineOf(write: (log: Logger) => void): Line {
  const lines: string[] = [];
  write(logInto(lines));
  expect(lines).toHaveLength(1);
  expect(lines[0]!.endsWith('\n')).toBe(true);
  return JSON.parse(lines[0]!) as Line;
}

describe('log', () => {
  it('writes a line of JSON with service, level, time, fields and message', () => {
    const line = lineOf((log) => log.warn({ cells: 12, solver: 'dopri5' }, 'slow'));
    expect(line).toMatchObject({
      level: 'warn',
      service: 'flow',
      instance: 'flow-1',
      version: '1.2.3',
      cells: 12,
      solver: 'dopri5',
      message: 'slow',
    });
    expect(new Date(line.time).toISOString()).toBe(line.time);
  });

  it('leaves out what is below its level', () => {
    const lines: string[] = [];
    const log = logInto(lines, 'warn');
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['c', 'd']);
    logInto(lines, 'silent').error({}, 'e');
    silentLogger.child({ run: 'r' }).error({}, 'f');
    expect(lines).toHaveLength(2);
  });

  it('carries run, job and trace in every line of a child, nearest value first, no name twice', () => {
    const lines: string[] = [];
    const log = logInto(lines).child({ run: 'r1', trace: 't1' });
    log.child({ job: 'j1', trace: 't2' }).info({ job: 'j2' }, 'a');
    log.info({}, 'b');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { run: 'r1', job: 'j2', trace: 't2' },
      { run: 'r1', trace: 't1' },
    ]);
    expect(lines[0]!.match(/"trace"/g)).toHaveLength(1);
    expect(JSON.parse(lines[1]!)).not.toHaveProperty('job');
  });

  it('keeps its own names to itself', () => {
    const line = lineOf((log) => log.info({ level: 7, time: 1, message: 'mine', service: 'other' }, 'ours'));
    expect(line).toMatchObject({
      level: 'info',
      message: 'ours',
      service: 'flow',
      _level: 7,
      _time: 1,
      _message: 'mine',
      _service: 'other',
    });
  });

  it('writes an error of the platform with code, hint, details and the chain of its causes', () => {
    const root = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
    const middle = new Error('request failed', { cause: root });
    const error = new CfgenError('STORE_UNAVAILABLE', 'no store', {
      hint: 'start it',
      retryable: true,
      details: { bucket: 'b' },
      cause: middle,
    });
    const line = lineOf((log) => log.error({ error }, 'put failed'));
    expect(line['error']).toMatchObject({
      name: 'CfgenError',
      code: 'STORE_UNAVAILABLE',
      message: 'no store',
      hint: 'start it',
      retryable: true,
      details: { bucket: 'b' },
      stack: expect.stringContaining('logger.spec.ts'),
      cause: { message: 'request failed', cause: { message: 'connect refused', code: 'ECONNREFUSED' } },
    });
  });

  it('ends a chain of causes that bites its tail', () => {
    const a = new Error('a');
    const b = new Error('b', { cause: a });
    a.cause = b;
    expect(JSON.stringify(lineOf((log) => log.error({ error: a }, 'x')))).toContain('[more causes]');
  });

  it.each(['password', 'secretKey', 'S3_ACCESS_KEY', 'Authorization', 'apiKey', 'cookie', 'set-cookie', 'accessToken', 'credentials'])(
    'strikes out a field named %s, however deep',
    (name) => {
      const line = lineOf((log) => log.child({ [name]: 'hidden-1' }).info({ a: { b: [{ [name]: 'hidden-2' }] } }, 'x'));
      expect(JSON.stringify(line)).not.toContain('hidden');
      expect(line[name]).toBe('[redacted]');
    },
  );

  it.each(['idempotencyKey', 'key', 'tokens', 'traceparent'])('leaves a field named %s', (name) => {
    expect(lineOf((log) => log.info({ [name]: 'shown' }, 'x'))[name]).toBe('shown');
  });

  it.each([
    ['the password in a URL', 'postgres://cfgen:hidden@db:5432/cfgen'],
    ['a signature', 'https://s3/b/k?X-Amz-Expires=60&X-Amz-Signature=hidden'],
    ['a token', 'Authorization: Bearer hidden.abc'],
  ])('strikes out %s wherever it stands', (_, text) => {
    const error = new CfgenError('DATABASE_UNAVAILABLE', `cannot reach ${text}`, { details: { text }, cause: new Error(text) });
    const line = lineOf((log) => log.error({ error, url: text }, `cannot reach ${text}`));
    expect(JSON.stringify(line)).not.toContain('hidden');
    expect(line.message).toContain('[redacted]');
  });

  it('takes anything without failing, and no bulk', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    let deep: unknown = 'bottom';
    for (let i = 0; i < 50; i++) deep = { deep };
    const line = lineOf((log) =>
      log.info(
        {
          circle,
          deep,
          big: 12n,
          weights: new Float32Array(1_000_000),
          many: Array.from({ length: 1_000 }, (_, i) => i),
          map: new Map([['a', 1]]),
          when: new Date(0),
          never: new Date(Number.NaN),
          nothing: undefined,
          run: () => 1,
        },
        'x',
      ),
    );
    expect(line).toMatchObject({ big: '12', weights: '[Float32Array of 4000000 bytes]', map: { a: 1 }, when: '1970-01-01T00:00:00.000Z' });
    expect(line['circle']).toEqual({ self: '[circular]' });
    expect(line['many']).toHaveLength(51);
    expect(JSON.stringify(line).length).toBeLessThan(2_000);
  });
});
