import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics } from '@cfgen/observability';
import { createFolderStore } from '@cfgen/storage';
import { measuredBlobs } from './measured-blobs';

describe('a measured blob store', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cfgen-measured-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('counts what goes in and what comes out, and gives the same bytes', async () => {
    const metrics = createMetrics({ service: 'spec', processMetrics: false });
    const blobs = measuredBlobs(createFolderStore({ folder, now: () => Date.now() }), metrics);
    const { sha256 } = await blobs.put(Buffer.from('ten bytes.'));
    const pieces: Uint8Array[] = [];
    for await (const piece of await blobs.read(sha256)) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe('ten bytes.');
    expect(Buffer.from(await blobs.readWhole(sha256)).toString()).toBe('ten bytes.');
    const { body } = await metrics.text();
    expect(body).toMatch(/cfgen_blob_bytes_total\{.*direction="in".*\} 10\n/);
    expect(body).toMatch(/cfgen_blob_bytes_total\{.*direction="out".*\} 20\n/);
    await blobs.close();
  });
});
