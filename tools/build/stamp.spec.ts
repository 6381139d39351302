import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFresh, writeStamp } from './stamp.mjs';

describe('a stamp', () => {
  let root: string;
  let stamp: string;

  beforeEach(async () => {
    root = `${mkdtempSync(join(tmpdir(), 'cfgen-stamp-'))}/`;
    mkdirSync(`${root}out`);
    writeFileSync(`${root}in.txt`, 'one');
    writeFileSync(`${root}out/made.txt`, 'made from one');
    stamp = `${root}out/.stamp.json`;
    await writeStamp(root, stamp, ['in.txt']);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is fresh while nothing changes', async () => {
    expect(await isFresh(root, stamp)).toBe(true);
  });

  it('is stale when an input changes', async () => {
    writeFileSync(`${root}in.txt`, 'two');
    expect(await isFresh(root, stamp)).toBe(false);
  });

  it('is stale when an input goes', async () => {
    rmSync(`${root}in.txt`);
    expect(await isFresh(root, stamp)).toBe(false);
  });

  it('is stale when an output is missing', async () => {
    rmSync(`${root}out/made.txt`);
    expect(await isFresh(root, stamp)).toBe(false);
  });

  it('is stale when the version of a tool in package.json changes', async () => {
    writeFileSync(`${root}package.json`, '{}');
    expect(await isFresh(root, stamp)).toBe(false);
  });
});
