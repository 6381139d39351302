import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CfgenError } from '@cfgen/contracts';
import { isAlive } from './living-process';

const lockFile = 'serve.lock';

/**
 * Takes a data folder for this process alone: two servers on one folder would each keep half of the messages to themselves.
 * What a process left behind that was killed is taken over.
 *
 * @returns gives the folder back
 * @throws CfgenError CONFLICT naming the process that has it
 */
export function lockDataFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, lockFile);
  for (let tries = 0; ; tries++) {
    try {
      const file = openSync(path, 'wx');
      writeSync(file, `${process.pid}\n`);
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') || tries > 2) throw cause;
    }
    const owner = ownerOf(path);
    if (owner !== undefined && owner !== process.pid && isServer(owner)) {
      throw new CfgenError('CONFLICT', `${folder} is in use by another cfgen serve (process ${owner})`, {
        hint: 'Stop that one, or choose another folder with --data-dir.',
        details: { folder, process: owner },
      });
    }
    rmSync(path, { force: true });
  }
}

function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    // Given back between the two looks.
    return undefined;
  }
}

/** A number may have gone to another program since: on Linux its command line tells. */
function isServer(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('serve');
  } catch {
    return true;
  }
}
