import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { writeTinyCells } from '../../apps/cli/testing/tiny-cells';
import { startEmbedded } from './embedded';
import { endOf, uploadSample, hashOfFile } from './scenario';
async function main() {
const folder = mkdtempSync('/tmp/e2/x-');
const path = join(folder, 'cells.h5ad');
await writeTinyCells(path);
const t0 = performance.now();
const t = () => ((performance.now() - t0) / 1000).toFixed(2);
const server = await startEmbedded(join(folder, 'data'), { CFGEN_THREADS: '1', CFGEN_LEASE_SECONDS: '4', CFGEN_RENEW_SECONDS: '1' });
console.log('ready', t());
const id = await uploadSample(server.client, path);
console.log('uploaded', t());
const E = Number(process.env.E ?? 3), F = Number(process.env.F ?? 40);
const set = { 'autoencoder.latent': 4, 'autoencoder.hidden': [16], 'autoencoder.batch': 32, 'flow.hidden': 16, 'flow.embedding': 8, 'flow.blocks': 1, 'flow.batch': 32 };
const run = await server.client.startRun({ type: 'train', dataSet: id, labels: ['cell_type'], set, epochs: E, flowSteps: F, seed: 5 } as never);
let n = 0;
for await (const e of server.client.watchRun(run.id)) { n++; if (e.event === 'progress') console.log(t(), e.data.command, e.data.stage, e.data.done, e.data.total); else console.log(t(), 'run', e.data.state, e.data.stages.map((s) => s.name + ':' + s.state).join(' ')); }
const trained = await server.client.getRun(run.id);
console.log(t(), trained.error, trained.artifacts);
const gen = await server.client.startRun({ type: 'generate', model: trained.modelId!, cells: Number(process.env.C ?? 400), chunkCells: 50, seed: 3 } as never);
for await (const e of server.client.watchRun(gen.id)) { if (e.event === 'progress') console.log(t(), e.data.command, e.data.stage, e.data.done, e.data.total); else console.log(t(), 'run', e.data.state, e.data.stages.map((s) => s.name + ':' + s.state + ' ' + s.jobs.succeeded + '/' + s.jobs.total).join(' ')); }
const g = await server.client.getRun(gen.id);
console.log(g.artifacts, g.error);
const ev = await server.client.startRun({ type: 'evaluate', real: id, generated: [{ run: g.id }], label: 'cell_type', settings: { protocols: ['centred'], classifierCells: 50, transportCells: 50, batchSize: 100, mapCells: 0 } } as never);
const evr = await endOf(() => server.client, ev.id);
console.log(t(), evr.state, evr.error, evr.figures);
server.signal('SIGTERM');
console.log(await server.ended, t());
const model = join(folder, 'model');
execFileSync(process.execPath, ['dist/cli/main.mjs', 'train', path, '--label', 'cell_type', '--out', model, '--epochs', String(E), '--flow-steps', String(F), '--seed', '5', '--threads', '1', ...Object.entries(set).flatMap(([k, v]) => ['--set', `${k}=${JSON.stringify(v)}`])], { stdio: 'inherit' });
console.log('cli trained', t());
execFileSync(process.execPath, ['dist/cli/main.mjs', 'generate', model, '--cells', String(process.env.C ?? 400), '--seed', '3', '--out', join(folder, 'synthetic.h5ad'), '--threads', '1'], { stdio: 'inherit' });
console.log('cli generated', t());
for (const a of trained.artifacts) console.log(a.name, a.sha256 === await hashOfFile(join(model, a.name)));
for (const a of g.artifacts) console.log(a.name, a.sha256 === await hashOfFile(join(folder, 'synthetic.h5ad')));
console.log(server.log().split('\n').filter((l) => !l.includes('request was answered')).slice(0, 14).join('\n'));
}
void main();
