import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installProblems } from './install.mjs';

describe('installProblems', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'cfgen-install-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (allowScripts: Record<string, boolean>, packages: Record<string, object>): void => {
    writeFileSync(join(root, 'package.json'), JSON.stringify({ allowScripts }));
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
  };

  it('accepts packages without a registry whose scripts are decided', () => {
    write(
      { a: true, '@s/b': false },
      {
        '': {},
        'node_modules/@cfgen/math': { resolved: 'libs/math', link: true },
        'node_modules/a': { hasInstallScript: true },
        'node_modules/c/node_modules/@s/b': { hasInstallScript: true },
      },
    );
    expect(installProblems(root)).toEqual([]);
  });

  it('names a package that is tied to a registry', () => {
    write({}, { 'node_modules/a': { resolved: 'https://registry.example/a.tgz' } });
    expect(installProblems(root)).toEqual([expect.stringMatching(/node_modules\/a is tied to https:/)]);
  });

  it('names a package whose install script nobody decided about', () => {
    write({ a: true }, { 'node_modules/a/node_modules/@s/b': { hasInstallScript: true } });
    expect(installProblems(root)).toEqual([expect.stringMatching(/says nothing about @s\/b,/)]);
  });

  it('names a package that the bundles would not find', () => {
    write({}, { 'node_modules/yaml': {}, 'libs/jobs/node_modules/yaml': {} });
    expect(installProblems(root)).toEqual([expect.stringMatching(/libs\/jobs\/node_modules\/yaml is out of reach/)]);
  });
});
