// Runs the specs that need real servers, on servers of their own:
//
//   npm run test:distributed [-- arguments of vitest run]
//
// Whatever happens, the servers are stopped; their logs are kept when a spec fails.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const script = join(root, 'tools/stack/stack.sh');
const services = ['kafka', 'minio', 'postgres', 'toxiproxy'];

// One folder for all servers: the shared ones, and those that specs start for themselves (real-servers.ts looks for the variable).
const folder = mkdtempSync(join(tmpdir(), 'cfgen-distributed-'));
// Run by root, PostgreSQL gets a user of its own, who has to pass through.
chmodSync(folder, 0o711);
const shared = join(folder, 'shared');
const ports = await freePorts(7);
const env = {
  ...process.env,
  STACK_DIR: shared,
  STACK_FOLDER: folder,
  KAFKA_PORT: ports[0],
  KAFKA_CONTROLLER_PORT: ports[1],
  KAFKA_BEHIND_PROXY_PORT: ports[2],
  KAFKA_PROXY_PORT: ports[3],
  S3_PORT: ports[4],
  PG_PORT: ports[5],
  TOXIPROXY_PORT: ports[6],
};

let running;
let interrupted;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted ??= signal;
    running?.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  });
}

let status = 1;
try {
  status = await main();
} finally {
  stopAll();
  if (status === 0) rmSync(folder, { recursive: true, force: true });
  else process.stderr.write(`The logs of the servers are in ${folder}\n`);
}
process.exitCode = interrupted === undefined ? status : 130;

async function main() {
  const up = await run('bash', [script, 'up', ...services], env);
  if (up !== 0 || interrupted !== undefined) return up || 130;
  const { stdout } = spawnSync('bash', [script, 'env'], { env, encoding: 'utf8' });
  const addresses = Object.fromEntries(stdout.split('\n').flatMap((line) => (line.includes('=') ? [splitOnce(line)] : [])));
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return run(process.execPath, [vitest, 'run', '-c', 'vitest.distributed.config.ts', ...process.argv.slice(2)], {
    // Not `env`: a spec that starts servers of its own must not meet the ports and the folder of the shared ones.
    ...process.env,
    ...addresses,
    STACK_FOLDER: folder,
  });
}

/** Stops the shared servers, and those of specs that died before they could. */
function stopAll() {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    spawnSync('bash', [script, 'kill', ...services], { env: { ...env, STACK_DIR: join(folder, entry.name) }, stdio: 'inherit' });
    for (const file of readdirSync(join(folder, entry.name))) {
      if (!/[.]log([.]1)?$/.test(file)) rmSync(join(folder, entry.name, file), { recursive: true, force: true });
    }
  }
}

function run(command, args, environment) {
  return new Promise((resolve, reject) => {
    running = spawn(command, args, { cwd: root, env: environment, stdio: 'inherit' });
    running.on('error', reject);
    running.on('exit', (code) => {
      running = undefined;
      resolve(code ?? 1);
    });
  });
}

function splitOnce(line) {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

/** Below the ports that the system gives to outgoing connections. */
async function freePorts(count) {
  const found = [];
  for (let port = 20_000 + (process.pid % 1000) * 10; found.length < count; port++) {
    if (port > 32_000) throw new Error('found no free ports below 32000');
    if (await isFree(port)) found.push(String(port));
  }
  return found;
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
