// The arrows of docs/architecture.md: apps → features → platform, no circles, every lib through its index.
const PLATFORM = 'common|config|database|graph|analytics|queue|storage|crypto|http|engines';
const SPEC = '\\.spec\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'A circle cannot be understood one part at a time, and in ESM it crashes at load.',
      from: { pathNot: '^openapi/sdk/src/gen/' },
      to: { circular: true },
    },
    {
      name: 'libs-know-no-apps',
      severity: 'error',
      from: { path: '^libs/', pathNot: SPEC },
      to: { path: '^apps/' },
    },
    {
      name: 'one-door-per-lib',
      severity: 'error',
      comment: 'Another lib is reached through its index only.',
      // The DTO metadata is generated, and has to name every DTO file.
      from: { path: '^libs/([^/]+)/', pathNot: '^libs/product/src/metadata\\.ts$' },
      to: { path: '^libs/([^/]+)/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'apps-use-the-door',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^libs/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'platform-knows-no-feature',
      severity: 'error',
      from: { path: `^libs/(${PLATFORM})/`, pathNot: SPEC },
      to: { path: '^libs/', pathNot: `^libs/(${PLATFORM})/` },
    },
    {
      name: 'catalog-knows-no-later-feature',
      severity: 'error',
      comment: 'They learn of the catalogue by its domain events.',
      from: { path: '^libs/catalog/' },
      to: { path: '^libs/(scoring|plugins|identity|deployments|email|uploads)/' },
    },
    {
      name: 'source-knows-no-test',
      severity: 'error',
      // The bench is a command like the tests; its script is the way in.
      from: { path: '^(apps|libs)/', pathNot: [SPEC, '^libs/[^/]+/test/', '^apps/cli/bootstrap/scripts/bench'] },
      to: { path: '^test/|\\.spec\\.ts$' },
    },
    {
      name: 'no-development-package',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [SPEC, '^apps/cli/bootstrap/', '^libs/[^/]+/test/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|apps/cli/bootstrap/node/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['mono-source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
