import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTool, workspaceRoot } from './run-tool.mjs';

interface ImportTable {
  projects: Record<string, { root: string; mayImport: string[] }>;
  packages: Record<string, { owners: string[] }>;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(`${workspaceRoot}${path}`, 'utf8'));
const { projects, packages } = readJson('tools/checks/imports.json') as ImportTable;

describe('an import that the boundaries forbid', () => {
  // Other tools pass over *.planted.ts, so that a check running at the same time does not stumble over it.
  const planted = `libs/model/${randomUUID()}.planted.ts`;
  const imports = [
    `import * as direction from '@cfgen/single-cell';`,
    `import * as packageOfAnother from 'h5wasm/node';`,
    `import * as pastTheDoor from '../single-cell/index';`,
    `export const all = [direction, packageOfAnother, pastTheDoor];`,
  ];

  beforeAll(() => {
    // The rule of Nx needs a project graph, made before the planted file is there.
    expect(runTool('nx', ['show', 'projects'], 'pipe').status).toBe(0);
    writeFileSync(`${workspaceRoot}${planted}`, `${imports.join('\n')}\n`);
  });
  afterAll(() => rmSync(`${workspaceRoot}${planted}`, { force: true }));

  it('is refused by ESLint with the line it stands on', () => {
    const { status, stdout } = runTool('eslint', ['--no-ignore', '--format', 'json', planted], 'pipe');
    const [file] = JSON.parse(stdout) as { filePath: string; messages: { ruleId: string; line: number; message: string }[] }[];
    const refusals = file!.messages.filter(({ ruleId }) => ruleId === '@nx/enforce-module-boundaries');

    expect(status).toBe(1);
    expect(file!.filePath).toContain(planted.slice('libs/model/'.length));
    expect(refusals.map(({ line }) => line)).toEqual([1, 2, 3]);
    expect(refusals[0]!.message).toContain('lib:model');
    expect(refusals[1]!.message).toContain('h5wasm/node');
    expect(refusals[2]!.message).toContain('relative or absolute path');
  });

  it('is refused by dependency-cruiser with the name of the rule', () => {
    const { status, stdout } = runTool('depcruise', ['--exclude', '^none$', planted], 'pipe');

    expect(status).toBeGreaterThan(0);
    for (const rule of ['direction-model', 'owner-of-h5wasm', 'by-package-name', 'declared-packages']) {
      expect(stdout).toContain(`${rule}: ${planted} `);
    }
  });
});

describe('the table of imports', () => {
  const manifest = (root: string): { dependencies?: Record<string, string>; nx: { tags: string[] } } =>
    readJson(`${root}/package.json`) as { dependencies?: Record<string, string>; nx: { tags: string[] } };

  it.each(Object.entries(projects))('agrees with the package.json of %s', (name, { root, mayImport }) => {
    const { dependencies = {}, nx } = manifest(root);
    const ours = Object.keys(dependencies).filter((dependency) => dependency.startsWith('@cfgen/'));

    expect(nx.tags).toEqual([`${root.startsWith('apps/') ? 'app' : 'lib'}:${name}`]);
    expect(mayImport.map((other) => `@cfgen/${other}`)).toEqual(expect.arrayContaining(ours));
    for (const [packageName, { owners }] of Object.entries(packages)) {
      if (packageName in dependencies) expect(owners).toContain(name);
    }
  });

  it('lists every library and app of the workspace', () => {
    const listed = runTool('nx', ['show', 'projects', '--json'], 'pipe').stdout;
    const names = Object.values(projects).map(({ root }) => (readJson(`${root}/package.json`) as { name: string }).name);

    expect((JSON.parse(listed) as string[]).toSorted()).toEqual(names.toSorted());
  });

  it('never lets two libraries import each other', () => {
    for (const [name, { mayImport }] of Object.entries(projects)) {
      for (const other of mayImport) expect(projects[other]!.mayImport).not.toContain(name);
    }
  });
});

describe('the rules of dependency-cruiser', () => {
  it('each say why they are there', () => {
    const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
      forbidden: { name: string; comment?: string }[];
    };

    expect(forbidden.length).toBeGreaterThan(10);
    expect(forbidden.filter(({ comment = '' }) => comment.length < 20)).toEqual([]);
  });
});
