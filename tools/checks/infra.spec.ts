import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { errorCodes, statusOf } from '@cfgen/contracts';
import { environmentVariables } from '@cfgen/service-host';
import { workspaceRoot } from './run-tool.mjs';

const knownVariables = Object.keys(environmentVariables);
const secretVariables = ['CFGEN_S3_ACCESS_KEY', 'CFGEN_S3_SECRET_KEY', 'CFGEN_DATABASE_URL'];

/** Metrics of the services (libs/observability). A histogram is read by its parts. */
const knownMetrics = ['cfgen_jobs', 'cfgen_outbox_messages', 'cfgen_dead_letters_total', 'cfgen_consumer_lag', 'cfgen_lease_losses_total'];
const knownHistograms = ['cfgen_job_duration_seconds', 'cfgen_http_requests_seconds'];

interface Service {
  image: string;
  build?: { dockerfile: string; target?: string };
  environment?: Record<string, unknown>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
  deploy?: { replicas?: number; resources?: { limits?: object } };
  secrets?: string[];
  ports?: string[];
}
interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file?: string }>;
}
interface Rules {
  groups: { rules: { alert: string; expr: string; annotations: { summary?: string; description?: string } }[] }[];
}

const text = (path: string): string => readFileSync(join(workspaceRoot, path), 'utf8');
const yaml = (path: string): unknown => {
  const documents = parseAllDocuments(text(path), { merge: true });
  if (!Array.isArray(documents)) return null;
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  return documents.length === 1 ? documents[0]!.toJSON() : documents.map((document) => document.toJSON() as unknown);
};
const filesUnder = (folder: string): string[] =>
  readdirSync(join(workspaceRoot, folder), { withFileTypes: true }).flatMap((entry) =>
    // Secrets that someone made on this machine are no part of the project.
    entry.name === 'secrets' ? [] : entry.isDirectory() ? filesUnder(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );

const chart = 'infra/helm/cfgen';
const templates = filesUnder(`${chart}/templates`);
const templateText = templates.map(text).join('\n');
const compose = yaml('infra/compose/compose.yaml') as Compose;
const values = yaml(`${chart}/values.yaml`) as {
  apps: Record<string, { settings: Record<string, unknown> }>;
  settings: Record<string, unknown>;
};
const schema = JSON.parse(text(`${chart}/values.schema.json`)) as {
  definitions: { settings: { propertyNames: { enum: string[] } } };
  properties: { apps: { properties: object } };
};
const dockerfile = text('infra/docker/Dockerfile');
/** Every folder of apps/ that is a server: what a service is made of, without the command line and the pages. */
const apps = readdirSync(join(workspaceRoot, 'apps')).filter((name) => name === 'gateway' || name.endsWith('-service'));
/** Names without `_FILE`, which any variable may end in. */
const settingOf = (variable: string): string => variable.replace(/_FILE$/, '');

describe('the files of infra', () => {
  const plain = filesUnder('infra').filter((path) => path.endsWith('.yaml') && !templates.includes(path));

  it.each(plain)('are YAML: %s', (path) => {
    expect(yaml(path)).toBeTypeOf('object');
  });

  it('name only variables that the configuration knows', () => {
    const environments = Object.entries(compose.services)
      .filter(([name]) => apps.includes(name))
      .flatMap(([, { environment = {} }]) => Object.keys(environment));
    const inDockerfile = [...dockerfile.matchAll(/^\s*(?:ENV )?(CFGEN_\w+)=/gm)].map(([, name]) => name!);
    const inTemplates = [...templateText.matchAll(/name: (CFGEN_\w+)/g)].map(([, name]) => name!);
    const inValues = [values.settings, ...Object.values(values.apps).map(({ settings }) => settings)].flatMap(Object.keys);

    for (const found of [environments, inDockerfile, inTemplates, inValues]) {
      expect(found.length).toBeGreaterThan(0);
      expect(knownVariables).toEqual(expect.arrayContaining(found.map(settingOf)));
    }
    // What the chart sets itself, and what its values may add, are all variables there are, none twice.
    const free = schema.definitions.settings.propertyNames.enum;
    expect([...new Set(inTemplates.map(settingOf)), ...free].toSorted()).toEqual(knownVariables.toSorted());
  });

  it('hold the same apps as the workspace, each with an image', () => {
    const named = Object.entries(compose.services).filter(([, { build }]) => build?.dockerfile.endsWith('/Dockerfile'));
    expect(named.map(([name]) => name).toSorted()).toEqual([...apps, 'topics'].toSorted());
    expect(Object.keys(values.apps).toSorted()).toEqual(apps.toSorted());
    expect(Object.keys(schema.properties.apps.properties).toSorted()).toEqual(apps.toSorted());
    for (const [name, { build }] of named) expect(build!.target).toBe(name === 'topics' ? 'tools' : name);
    for (const name of apps) {
      expect(dockerfile).toContain(`FROM runtime AS ${name}\nCMD ["node", "dist/services/${name}/main.mjs"]`);
    }
  });

  it('pin every image to a version', () => {
    const bases = ['infra/docker/Dockerfile', 'infra/docker/minio.Dockerfile'].flatMap((path) => {
      const stages = new Set([...text(path).matchAll(/ AS ([\w-]+)$/gm)].map(([, name]) => name));
      return [...text(path).matchAll(/^(?:FROM |ARG \w+_IMAGE=)([^\s$]+)/gm)]
        .map(([, image]) => image!)
        .filter((image) => !stages.has(image));
    });
    const pulled = Object.values(compose.services).map(({ image }) => image.replace(/\$\{\w+:-(.*)\}/, '$1'));
    const images = [...bases, ...pulled];

    expect(bases.length).toBe(3);
    expect(images.filter((image) => !/:v?\d+[.\d]+\d(-[\w.-]+)?$/.test(image))).toEqual([]);
  });

  it('hold no secret', () => {
    for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^\.\/secrets\//);
    expect(text('infra/compose/.gitignore').split('\n')).toEqual(expect.arrayContaining(['secrets/', '.env']));
    for (const name of apps) {
      const environment = compose.services[name]!.environment!;
      for (const secret of secretVariables) {
        expect(environment).not.toHaveProperty(secret);
        expect(environment[`${secret}_FILE`]).toMatch(/^\/run\/secrets\//);
      }
    }
    for (const path of filesUnder('infra')) {
      // A password in a URL, unless it is taken from somewhere else or stands for one in a comment.
      const urls = [...text(path).matchAll(/\w+:\/\/\w+:([^@\s/]+)@/g)].map(([, password]) => password!);
      expect(urls.filter((password) => !password.startsWith('$(') && password !== 'password')).toEqual([]);
      expect(text(path)).not.toMatch(/(password|secret_?key|access_?key|token)["']?\s*[:=]\s*["']?[A-Za-z0-9+/]{12,}/i);
    }
    expect(templateText).not.toMatch(/kind: Secret/);
  });
});

describe('the compose file', () => {
  it('starts an app only after its servers are healthy and its topics there', () => {
    for (const name of apps) {
      expect(compose.services[name]!.depends_on).toEqual({
        minio: { condition: 'service_healthy' },
        postgres: { condition: 'service_healthy' },
        topics: { condition: 'service_completed_successfully' },
      });
    }
    expect(compose.services['topics']!.depends_on).toEqual({ kafka: { condition: 'service_healthy' } });
    for (const server of ['kafka', 'minio', 'postgres']) expect(compose.services[server]).toHaveProperty('healthcheck');
  });

  it('limits what each service may take', () => {
    for (const [name, { deploy }] of Object.entries(compose.services)) {
      expect(deploy?.resources?.limits, name).toEqual({ cpus: expect.any(String), memory: expect.any(String) });
    }
  });

  it('opens nothing to the network unless it is told to', () => {
    for (const { ports = [] } of Object.values(compose.services)) {
      for (const port of ports) expect(port).toMatch(/^(127\.0\.0\.1|\$\{\w+:-127\.0\.0\.1\}):/);
    }
  });

  it('takes every variable that .env.example lists', () => {
    const listed = [...text('infra/compose/.env.example').matchAll(/^(\w+)=/gm)].map(([, name]) => name!);
    const taken = [...text('infra/compose/compose.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name!);
    expect(listed.toSorted()).toEqual([...new Set(taken)].toSorted());
  });
});

describe('the alert rules', () => {
  const rules = (yaml('infra/compose/prometheus/alerts.yaml') as Rules).groups.flatMap((group) => group.rules);

  it('read only metrics that the services have', () => {
    const parts = knownHistograms.flatMap((name) => ['_bucket', '_sum', '_count'].map((part) => name + part));
    for (const { alert, expr } of rules) {
      const metrics = [...expr.replace(/"[^"]*"/g, '').matchAll(/\b[a-z]+_[a-z_]+\b/g)].map(([name]) => name);
      expect(metrics.length, alert).toBeGreaterThan(0);
      expect([...knownMetrics, ...parts], alert).toEqual(expect.arrayContaining(metrics));
    }
  });

  it('say what is wrong, and are described for the operator', () => {
    for (const { alert, annotations } of rules) {
      expect(annotations.summary).toBeTruthy();
      expect(annotations.description).toBeTruthy();
      expect(text('docs/operations/troubleshooting.md')).toContain(`\`${alert}\``);
    }
  });

  it('are the same in the chart', () => {
    expect(text(`${chart}/files/alerts.yaml`)).toBe(text('infra/compose/prometheus/alerts.yaml'));
  });
});

describe('the chart', () => {
  it('keeps the variables that Kubernetes makes of services away from the configuration, which refuses unknown ones', () => {
    expect(templateText).toContain('enableServiceLinks: false');
  });

  it('gives a stopping pod longer than its jobs have', () => {
    expect(templateText).toMatch(/terminationGracePeriodSeconds: \{\{ add \$\.Values\.stopSeconds 30 \}\}/);
  });
});

describe('the pages for operators', () => {
  it('say of every error code which status it has, what it means and what to do', () => {
    const rows = text('docs/operations/troubleshooting.md').matchAll(/^\| `([A-Z_]+)` +\| (\d{3}) +\| \S.* \| \S.* \|$/gm);
    expect([...rows].map(([, code, status]) => [code, Number(status)])).toEqual(errorCodes.map((code) => [code, statusOf(code)]));
  });

  it('describe every variable', () => {
    const described = [...text('docs/operations/running.md').matchAll(/^\| `(CFGEN_\w+)`/gm)].map(([, name]) => name!);
    expect(described).toEqual(expect.arrayContaining(knownVariables));
  });

  it('name only files that are there', () => {
    for (const page of ['running', 'backup-and-upgrade', 'troubleshooting']) {
      for (const [, path] of text(`docs/operations/${page}.md`).matchAll(/`(infra\/[\w./-]+)`/g)) {
        expect(existsSync(join(workspaceRoot, path!)), path).toBe(true);
      }
    }
  });
});
