import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder } from './data-folder-lock';

describe('the lock on a data folder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cfgen-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is given back', () => {
    lockDataFolder(folder)();
    expect(existsSync(join(folder, 'serve.lock'))).toBe(false);
    lockDataFolder(folder)();
  });

  it('refuses a folder that a living server has, and takes over that of a dead one', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', 'serve'], { stdio: 'ignore' });
    await once(other, 'spawn');
    writeFileSync(join(folder, 'serve.lock'), `${other.pid}\n`);
    expect(() => lockDataFolder(folder)).toThrow(
      expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining(`process ${other.pid}`) }),
    );
    other.kill('SIGKILL');
    await once(other, 'exit');
    lockDataFolder(folder)();
  });

  it('takes over a lock that says nothing', () => {
    writeFileSync(join(folder, 'serve.lock'), 'garbage');
    lockDataFolder(folder)();
  });
});
