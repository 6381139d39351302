import { describe, expect, it } from 'vitest';
import { CfgenError, errorCodes } from '../errors/cfgen-error';
import { components } from './components';
import { operationIds, operations } from './operations';
import type { Operation } from './operation';
import { openApiDocument } from './openapi';
import { problemDetailsOf, problemDetailsSchema, statusOf } from './problem-details';
import { runRequestSchema } from './run-requests';
import { aliasSchema } from './models';
import { listRunsQuerySchema } from './runs';
import { fileNameSchema } from './data-sets';

const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

describe('the table of operations', () => {
  it('gives each method and path one operation', () => {
    const places = operationIds.map((operation) => `${operations[operation].method} ${operations[operation].path}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('declares a parameter for every brace of a path, and no other', () => {
    for (const operation of operationIds) {
      const { path, params }: Operation = operations[operation];
      const braces = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(params?.shape ?? {}), operation).toEqual(braces);
    }
  });

  it('asks for a token on everything under /v1, and for the right to write on what changes something', () => {
    for (const operation of operationIds) {
      const { path, method, scope }: Operation = operations[operation];
      if (path.startsWith('/v1/')) expect(scope, operation).not.toBeNull();
      if (method !== 'GET') expect(['write', 'admin'], operation).toContain(scope);
    }
  });
});

describe('requests', () => {
  it('get their defaults', () => {
    expect(runRequestSchema.parse({ type: 'generate', model: 'production', cells: 10 })).toEqual({
      ...{ type: 'generate', model: 'production', cells: 10, where: {}, guidance: {}, output: 'counts', latents: false },
      ...{ covariateValues: {}, compression: 'gzip', seed: 0 },
    });
  });

  it('to correct and to impute need a model and cells alone', () => {
    const moved = { model: id, dataSet: id, part: 'test', missing: 'refuse', guidance: {}, compression: 'gzip', seed: 0 };
    expect(runRequestSchema.parse({ type: 'correct', model: id, dataSet: id })).toEqual({ type: 'correct', ...moved, means: false });
    expect(runRequestSchema.parse({ type: 'impute', model: id, dataSet: id })).toEqual({ type: 'impute', ...moved, noise: 0.05 });
  });

  it.each([
    ['an unknown field', { type: 'train', dataSet: id, label: ['cell_type'] }],
    ['a type that does not exist', { type: 'dream', dataSet: id }],
    ['neither cells nor like', { type: 'generate', model: id }],
    ['a split without like', { type: 'generate', model: id, cells: 1, split: id }],
    ['two sources of library sizes', { type: 'generate', model: id, cells: 1, librarySize: 1000, librarySizeFrom: id }],
    ['a model that is neither id nor alias', { type: 'generate', model: '../model', cells: 1 }],
    ['a part that is none', { type: 'correct', model: id, dataSet: id, part: 'both' }],
    ['a bound that no error keeps', { type: 'correct', model: id, dataSet: id, bound: 0 }],
    ['a noise below none', { type: 'impute', model: id, dataSet: id, noise: -0.1 }],
    ['what only the other way of moving cells has', { type: 'impute', model: id, dataSet: id, batch: 'donor' }],
    ['nothing to evaluate', { type: 'evaluate', real: id, generated: [] }],
    ['a source that is both a run and a data set', { type: 'evaluate', real: id, generated: [{ run: id, dataSet: id }] }],
    [
      'more settings than anybody has',
      { type: 'train', dataSet: id, set: Object.fromEntries([...Array(101).keys()].map((i) => [`s${i}`, 1])) },
    ],
  ])('are refused with %s', (_, request) => {
    expect(runRequestSchema.safeParse(request).success).toBe(false);
  });

  it('read the size of a page from text, within its bounds', () => {
    expect(listRunsQuerySchema.parse({ limit: '200' })).toEqual({ limit: 200 });
    expect(listRunsQuerySchema.parse({})).toEqual({ limit: 50 });
    for (const limit of ['0', '201', 'many', '1.5']) expect(listRunsQuerySchema.safeParse({ limit }).success, limit).toBe(false);
  });

  it('take no alias that could be read as an id or as a path of the API', () => {
    expect(aliasSchema.safeParse('pbmc-v2.1').success).toBe(true);
    for (const alias of [id, 'aliases', 'a/b', '', '1st']) expect(aliasSchema.safeParse(alias).success, alias).toBe(false);
  });

  it('take no file name that leads elsewhere', () => {
    for (const name of ['../x', 'a/b', 'a\\b', 'a\nb', '']) expect(fileNameSchema.safeParse(name).success, name).toBe(false);
    expect(fileNameSchema.safeParse('Zellen und mehr.h5ad').success).toBe(true);
  });
});

describe('problem details', () => {
  it('have a status for every error code', () => {
    for (const code of errorCodes) expect(statusOf(code), code).toBeGreaterThanOrEqual(400);
  });

  it('tell message, hint and facts of an error, never its cause', () => {
    const cause = new Error('secret');
    const error = new CfgenError('LABEL_MISSING', 'no column "x"', { hint: 'Choose one.', details: { column: 'x' }, cause });
    const details = problemDetailsOf(error, '/v1/runs');
    expect(problemDetailsSchema.parse(details)).toEqual({
      ...{ type: 'urn:cfgen:error:LABEL_MISSING', title: 'Label missing', status: 422, detail: 'no column "x"', code: 'LABEL_MISSING' },
      ...{ hint: 'Choose one.', retryable: false, details: { column: 'x' }, instance: '/v1/runs' },
    });
    expect(JSON.stringify(details)).not.toContain('secret');
  });
});

describe('the OpenAPI document', () => {
  const document = openApiDocument('1.2.3');
  const text = JSON.stringify(document);

  it('holds every operation once', () => {
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(ids.toSorted()).toEqual(operationIds.toSorted());
  });

  it('refers only to shapes that it holds', () => {
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(50);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.filter((reference) => !known.includes(reference!))).toEqual([]);
  });

  it('uses every shape that has a name', () => {
    for (const name of Object.keys(components)) expect(text, name).toContain(`"#/components/schemas/${name}"`);
  });

  it('is the same for the same version', () => {
    expect(JSON.stringify(openApiDocument('1.2.3'))).toBe(text);
  });
});
