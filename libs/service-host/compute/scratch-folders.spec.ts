import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareScratch, pruneCache, scratchFolderOf } from './scratch-folders';

describe('the folders of compute processes', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cfgen-scratch-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lose what dead processes left behind, and keep what living ones use', () => {
    const dead = join(folder, 'scratch', '999999999', 'job');
    const living = join(folder, 'scratch', String(process.ppid), 'job');
    mkdirSync(dead, { recursive: true });
    mkdirSync(living, { recursive: true });
    prepareScratch(folder);
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(living)).toBe(true);
    expect(existsSync(scratchFolderOf(folder))).toBe(true);
  });

  it('keep the latest used of a cache that has grown too large', () => {
    for (const [name, day] of [
      ['old', 1],
      ['middle', 2],
      ['new', 3],
    ] as const) {
      writeFileSync(join(folder, name), Buffer.alloc(100));
      utimesSync(join(folder, name), new Date(2020, 0, day), new Date(2020, 0, day));
    }
    expect(pruneCache(folder, 1000)).toBe(0);
    expect(pruneCache(folder, 250)).toBe(100);
    expect(readdirSync(folder).sort()).toEqual(['middle', 'new']);
  });

  it('count a folder of a model as one thing', () => {
    mkdirSync(join(folder, 'model'));
    for (const name of ['a', 'b']) writeFileSync(join(folder, 'model', name), Buffer.alloc(80));
    utimesSync(join(folder, 'model', 'a'), new Date(2020, 0, 1), new Date(2020, 0, 1));
    writeFileSync(join(folder, 'data'), Buffer.alloc(50));
    utimesSync(join(folder, 'data'), new Date(2019, 0, 1), new Date(2019, 0, 1));
    expect(pruneCache(folder, 170)).toBe(50);
    expect(readdirSync(folder)).toEqual(['model']);
  });
});
