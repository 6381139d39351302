// The second net over the import directions (the first is @nx/enforce-module-boundaries in eslint.config.mjs).
// Both read tools/checks/imports.json; this one also sees cycles, orphans, test code and undeclared packages.
const { projects, packages } = require('./tools/checks/imports.json');

const others = (name) => Object.keys(projects).filter((other) => other !== name);
const rootsOf = (names) => names.map((name) => `^${projects[name].root}/`);

const spec = '[.](spec|bench)[.]ts$';
/** Code that only tests may load: specs, benchmarks, conformance suites, fixtures and stand-ins. */
const testCode = [spec, '/conformance/', '/fixtures/', '/testing/'];

const directions = Object.entries(projects)
  .map(([name, { root, mayImport, because }]) => ({
    name: `direction-${name}`,
    comment: `${root} may import ${mayImport.join(', ') || 'no other library'}: ${because}.`,
    severity: 'error',
    from: { path: `^${root}/` },
    to: { path: rootsOf(others(name).filter((other) => !mayImport.includes(other))) },
  }))
  // An app may import everything; an empty list of paths would match every module.
  .filter(({ to }) => to.path.length > 0);

const ownedPackages = Object.entries(packages).map(([name, { owners, because }]) => ({
  name: `owner-of-${name}`,
  comment: `${name} belongs to ${owners.join(', ')}: ${because}.`,
  severity: 'error',
  from: { path: '^(libs|apps)/', pathNot: rootsOf(owners) },
  to: { path: `(^|/)node_modules/${name}/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...directions,
    ...ownedPackages,
    {
      name: 'no-cycles',
      comment: 'Modules that need each other cannot be read, tested or moved apart; take out what both need.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-through-the-door',
      comment: "A library's index.ts is its contract; whatever lies behind it may be moved or renamed without asking anybody.",
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$2/', '^libs/[^/]+/index[.]ts$'] },
    },
    {
      name: 'by-package-name',
      comment: 'A path that climbs out of its own library hides a dependency from package.json and from Nx; write @cfgen/<library>.',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/', pathNot: '^libs/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-test-code-in-production',
      comment:
        'Specs, conformance suites and fixtures load the test runner or test data; only tests, and the door that offers a suite, may import them.',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: [...testCode, '^libs/[^/]+/index[.]ts$'] },
      to: { path: testCode },
    },
    {
      name: 'nobody-imports-an-app',
      comment: 'An app is a place where things are put together; what two places need belongs in a library.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'no-orphans',
      comment: 'A module that nobody imports and that imports nobody is forgotten code.',
      severity: 'error',
      from: { orphan: true, path: '^(libs|apps)/', pathNot: [spec, '/index[.]ts$', '[.]d[.]ts$', '^apps/[^/]+/main[.]ts$'] },
      to: {},
    },
    {
      name: 'unresolvable',
      comment: 'An import that cannot be found is outside every other rule here.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-packages',
      comment: 'What a library imports stands in its own package.json: an install that happens to hoist a package is no promise.',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: testCode },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
  ],
  options: {
    // The spec that plants a violation passes its own --exclude, so that its file is seen there and nowhere else.
    exclude: { path: '[.]planted[.]ts$' },
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
