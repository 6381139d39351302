import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('the count of tests', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'cfgen-count-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const program = fileURLToPath(new URL('count-tests.mjs', import.meta.url));
  const count = (report?: object): { line: string; status: number | null } => {
    const path = join(folder, 'report.json');
    if (report !== undefined) writeFileSync(path, JSON.stringify(report));
    const { stdout, status } = spawnSync(process.execPath, [program, path], { encoding: 'utf8' });
    return { line: stdout, status };
  };
  const file = (status: string, ...tests: string[]): object => ({ status, assertionResults: tests.map((each) => ({ status: each })) });

  it('succeeds where all tests passed', () => {
    const report = { numPassedTests: 2, numFailedTests: 0, testResults: [file('passed', 'passed', 'passed')] };
    expect(count(report)).toEqual({ line: '2 passed, 0 failed\n', status: 0 });
  });

  it('fails where a test failed', () => {
    const report = { numPassedTests: 1, numFailedTests: 1, testResults: [file('failed', 'passed', 'failed')] };
    expect(count(report)).toEqual({ line: '1 passed, 1 failed\n', status: 1 });
  });

  it('counts a file that could not be loaded as one failure', () => {
    const report = { numPassedTests: 3, numFailedTests: 0, testResults: [file('passed', 'passed', 'passed', 'passed'), file('failed')] };
    expect(count(report)).toEqual({ line: '3 passed, 1 failed\n', status: 1 });
  });

  it('adds several reports, and fails where one of them is missing', () => {
    const write = (name: string, passed: number): string => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify({ numPassedTests: passed, numFailedTests: 0, testResults: [] }));
      return path;
    };
    const paths = [write('a.json', 2), write('b.json', 3)];
    const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
    expect(run(...paths)).toMatchObject({ stdout: '5 passed, 0 failed\n', status: 0 });
    expect(run(...paths, join(folder, 'none.json'))).toMatchObject({ stdout: '5 passed, 0 failed\n', status: 1 });
  });

  it('fails where no test ran', () => {
    expect(count({ numPassedTests: 0, numFailedTests: 0, testResults: [] })).toEqual({ line: '0 passed, 0 failed\n', status: 1 });
    rmSync(join(folder, 'report.json'));
    expect(count()).toEqual({ line: '0 passed, 0 failed\n', status: 1 });
  });
});
