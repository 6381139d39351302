import { commandTypes, messageTypes, topicDefinitions } from '@cfgen/contracts';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../checks/run-tool.mjs';
import { asyncApiDocument } from './asyncapi';
import { clientSource } from './client/source';
import { typeOf } from './client/types';
import { breaksOf, outdated, presentFiles, wantedFiles } from './documents';
import { isSchema, resolved, type Schema } from './compatibility/schemas';

describe('the committed documents', () => {
  it('break nobody', async () => {
    expect(breaksOf(await presentFiles(workspaceRoot), await wantedFiles(workspaceRoot, '0.0.0'))).toEqual([]);
  });

  it('are found out of date when one differs, is missing or is too many', () => {
    const wanted = new Map([['a', '1'], ['b', '1']]); // prettier-ignore
    expect(outdated(new Map([['a', '1'], ['b', '1']]), wanted)).toEqual([]); // prettier-ignore
    expect(outdated(new Map([['a', '2'], ['c', '1']]), wanted)).toEqual(['a', 'b', 'c']); // prettier-ignore
  });

  it('are refused to be replaced by what breaks somebody', async () => {
    const wanted = await wantedFiles(workspaceRoot, '0.0.0');
    const api = 'docs/contracts/openapi.json';
    const message = 'docs/contracts/messages/EncodeCells.json';
    const without = new Map(wanted);
    without.set(api, (wanted.get(api) ?? '').replaceAll('/v1/runs/{id}/retry', '/v1/runs/{id}/again'));
    without.delete(message);
    expect(breaksOf(wanted, without)).toEqual(['POST /v1/runs/{id}/retry: the operation is gone', 'EncodeCells: the message is gone']);
  });
});

describe('the AsyncAPI document', () => {
  const document = asyncApiDocument('1.0.0');

  it('has every topic and every message', () => {
    const channels = document['channels'] as Record<string, Schema>;
    expect(Object.keys(channels)).toEqual(topicDefinitions.map(({ name }) => name));
    const types = new Set(Object.values(channels).flatMap((channel) => Object.keys(channel['messages'] as Schema)));
    expect([...types].toSorted()).toEqual([...messageTypes, 'DeadLetter'].toSorted());
    expect(types.size).toBeGreaterThan(2 * commandTypes.length);
  });

  it('refers only to what is there: itself, and the schemas of messages', async () => {
    const files = await wantedFiles(workspaceRoot, '1.0.0');
    for (const reference of referencesOf(document)) {
      if (reference.startsWith('#')) expect(isSchema(resolved({ $ref: reference }, document)), reference).toBe(true);
      else expect(files.has(reference.replace('./', 'docs/contracts/')), reference).toBe(true);
    }
  });
});

describe('the generated client', () => {
  it('has types for every kind of schema', () => {
    expect(typeOf({ type: 'array', items: { enum: ['a', 'b'] } }, 'server')).toBe('readonly ("a" | "b")[]');
    expect(typeOf({ anyOf: [{ $ref: '#/components/schemas/Run' }, { type: 'null' }] }, 'server')).toBe('Run | null');
    expect(typeOf({ type: ['integer', 'null'] }, 'server')).toBe('number | null');
    expect(typeOf({ type: 'object', additionalProperties: { type: 'string' } }, 'server')).toBe('{ readonly [name: string]: string }');
    expect(typeOf({ type: 'object', properties: { a: { type: 'boolean' }, b: {} }, required: ['a'] }, 'server')).toBe(
      '{ readonly "a": boolean;\nreadonly "b"?: unknown; }',
    );
  });

  it('sends what an operation takes, where it takes it', () => {
    const source = clientSource({
      paths: {
        '/v1/things/{id}': {
          put: {
            operationId: 'changeThing',
            summary: 'Change.',
            parameters: [
              { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
              { name: 'force', in: 'query', required: false, schema: { type: 'boolean' } },
              { name: 'idempotency-key', in: 'header', required: false, schema: { type: 'string' } },
            ],
            requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
            responses: { 204: {}, default: { content: { 'application/problem+json': {} } } },
          },
        },
      },
    });
    expect(source).toContain(
      'changeThing(id: string, body: Thing, query?: { readonly "force"?: boolean | undefined; }, options?: RequestOptions): Promise<void>;',
    );
    expect(source).toContain(
      "transport.empty({ method: 'PUT', path: `/v1/things/${encodeURIComponent(id)}`, query, json: body, idempotent: true }, options)",
    );
  });
});

function referencesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  if (!isSchema(value)) return [];
  return Object.entries(value).flatMap(([name, inside]) => (name === '$ref' ? [String(inside)] : referencesOf(inside)));
}
