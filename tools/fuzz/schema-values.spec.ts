import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ApiDocument } from './api-document';
import { fittingValues } from './schema-values';

it('tuples have a fitting value in each place, and no more', () => {
  const world = { document: { openapi: '3.1.0', paths: {}, components: { schemas: {} } } as unknown as ApiDocument, ids: [] };
  const band = { type: 'array', prefixItems: [{ type: 'number', minimum: 0 }, { type: 'boolean' }], items: false };
  fc.assert(
    fc.property(fittingValues(world, band), (value) => {
      expect(value).toEqual([expect.any(Number), expect.any(Boolean)]);
    }),
  );
});
