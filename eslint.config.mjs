import { readFileSync } from 'node:fs';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const { projects, packages } = JSON.parse(readFileSync(new URL('./tools/checks/imports.json', import.meta.url), 'utf8'));

const tagOf = (name) => `${projects[name].root.startsWith('apps/') ? 'app' : 'lib'}:${name}`;

const depConstraints = Object.entries(projects).map(([name, { mayImport }]) => ({
  sourceTag: tagOf(name),
  onlyDependOnLibsWithTags: mayImport.map(tagOf),
  bannedExternalImports: Object.entries(packages)
    .filter(([, { owners }]) => !owners.includes(name))
    .flatMap(([packageName]) => [packageName, `${packageName}/*`]),
}));

const testBlocks = ['describe', 'it', 'test', 'suite', 'bench'];
const testFiles = ['**/*.spec.ts', '**/*.bench.ts', '**/conformance/**/*.ts', '**/testing/**/*.ts'];

export default tseslint.config(
  {
    // *.planted.ts: the violations that tools/checks/boundaries.spec.ts plants; it lints them with --no-ignore.
    ignores: ['dist/', 'node_modules/', '.nx/', 'coverage/', 'out/', 'cfgen-quickstart/', '**/*.planted.ts', '**/*.d.ts'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['libs/*/*.planted.ts'], defaultProject: 'tsconfig.base.json' },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      // Nest declares the options it takes as classes, and takes plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // A module of Nest is a class that holds nothing but its description.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Messages name the value found: numbers and booleans read well as they are.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Kernels and ports are records of functions without `this`, and taking one out by name is how they are used.
      '@typescript-eslint/unbound-method': 'off',
      // An implementation of an asynchronous port may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.cjs'],
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    rules: { 'no-unused-vars': 'error' },
  },
  {
    // Where index reads are not checked (docs/adr/0005), the rule takes every missing value for impossible.
    files: ['math', 'likelihoods', 'compute', 'model', 'single-cell', 'evaluation'].map((name) => `libs/${name}/**/*.ts`),
    rules: { '@typescript-eslint/no-unnecessary-condition': 'off' },
  },
  {
    files: ['libs/**/*.ts', 'apps/**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          banTransitiveDependencies: false,
          allow: [],
          depConstraints,
          // Commands load what they need when they run, so that `cfgen --help` answers at once; other code may import the same libraries statically.
          checkDynamicDependenciesExceptions: ['.*'],
        },
      ],
    },
  },
  {
    // They start the real servers, which tools/stack does.
    files: ['**/*.distributed.spec.ts'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    files: ['libs/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'A run must repeat from its seed: take a key of the counter-based generator in @cfgen/math.',
        },
        { object: 'Date', property: 'now', message: 'A clock makes results depend on the hour: let the caller pass the time in.' },
        {
          object: 'performance',
          property: 'now',
          message: 'A clock makes results depend on the machine: let the caller pass the time in.',
        },
        { object: 'process', property: 'env', message: 'Settings come in one way: through the configuration of @cfgen/service-host.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'A clock makes results depend on the hour: let the caller pass the time in.',
        },
      ],
    },
  },
  {
    // The place where clock and environment come in, for all libraries that take them as options.
    files: ['libs/service-host/**/*.ts', 'libs/gateway/boot/*.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Take random bytes from node:crypto.' }],
      'no-restricted-syntax': 'off',
    },
  },
  {
    files: testFiles,
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Golden files are JSON whose shape the assertions themselves check.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'A test must repeat: use a fixed seed.' },
        ...testBlocks.flatMap((object) => [
          { object, property: 'only', message: 'A lone test hides all others.' },
          { object, property: 'skip', message: 'A skipped test guards nothing: mend it or delete it.' },
          { object, property: 'todo', message: 'A test that is not written guards nothing.' },
        ]),
      ],
      'no-restricted-syntax': 'off',
    },
  },
);
