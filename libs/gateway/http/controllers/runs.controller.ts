import { Readable } from 'node:stream';
import { Controller, Inject } from '@nestjs/common';
import { CfgenError, isEndState, type Run } from '@cfgen/contracts';
import { noTracing } from '@cfgen/observability';
import { artifactRows, runRows, type ArtifactRow, type RunRow, type Transaction } from '@cfgen/persistence';
import type { Gateway } from '../../gateway';
import { factsOf } from '../../resources/run-facts';
import { isoTime, mediaTypeOf, runView } from '../../resources/views';
import { Answer, StreamAnswer } from '../answer';
import { contentAnswer } from '../content';
import { cursorText, readCursor } from '../cursor';
import { gatewayToken } from '../gateway-token';
import { Operates, TheCall, type Call } from '../operation';
import { runStream } from '../run-stream';

/** How long a URL that anyone can read from is good for. */
const presignedSeconds = 900;

/** Trainings, generations, evaluations. */
@Controller()
export class RunsController {
  constructor(@Inject(gatewayToken) private readonly gateway: Gateway) {}

  @Operates('startRun')
  async start(@TheCall() { body, reservedId }: Call<'startRun'>): Promise<Answer> {
    const facts = await this.gateway.options.database.transaction((transaction) => factsOf(transaction, body));
    const { tracing = noTracing } = this.gateway.options;
    const row = await tracing.span(`start ${body.type} run`, { kind: 'server', attributes: { run: reservedId } }, () =>
      this.gateway.engine.start({ id: reservedId, type: body.type, hidden: false, request: body, facts }, undefined, tracing.inject()),
    );
    return new Answer(202, await this.view(row), { location: `/v1/runs/${row.id}` });
  }

  @Operates('listRuns')
  async list(@TheCall() { query }: Call<'listRuns'>): Promise<{ items: Run[]; nextCursor: string | null }> {
    const { cursor, limit, type, state } = query;
    const page = { after: readCursor(cursor), limit };
    return this.gateway.options.database.transaction(async (transaction) => {
      const { rows, next } = await runRows.list(transaction, { type, state }, page);
      const artifacts = await artifactRows.ofRuns(
        transaction,
        rows.map(({ id }) => id),
      );
      const items = rows.map((row) => runView(row, artifacts, this.gateway.board.live(row)));
      return { items, nextCursor: next === null ? null : cursorText(next) };
    });
  }

  @Operates('getRun')
  async get(@TheCall() { params }: Call<'getRun'>): Promise<Run> {
    return this.view(await this.require(params.id));
  }

  @Operates('cancelRun')
  async cancel(@TheCall() { params }: Call<'cancelRun'>): Promise<Run> {
    await this.require(params.id);
    return this.view(await this.gateway.engine.cancel(params.id));
  }

  @Operates('retryRun')
  async retry(@TheCall() { params }: Call<'retryRun'>): Promise<Run> {
    await this.require(params.id);
    return this.view(await this.gateway.engine.retry(params.id));
  }

  @Operates('watchRun')
  async watch(@TheCall() { params, headers, signal }: Call<'watchRun'>): Promise<StreamAnswer> {
    const row = await this.require(params.id);
    const lastSeen = Number(headers['last-event-id'] ?? -1);
    const events = runStream(this.gateway, row, Number.isSafeInteger(lastSeen) ? lastSeen : -1, signal);
    return new StreamAnswer(200, Readable.from(events, { objectMode: false }), {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Nothing follows the last event: a connection kept for more would hold up a server that closes.
      connection: 'close',
      // Proxies would hold events back.
      'x-accel-buffering': 'no',
    });
  }

  @Operates('getArtifact')
  async artifact(@TheCall() { params, query, headers, signal }: Call<'getArtifact'>): Promise<Answer | StreamAnswer> {
    const { database, blobs, now } = this.gateway.options;
    const { ref, name } = await database.transaction((transaction) => this.requireArtifact(transaction, params.id, params.name));
    const mediaType = mediaTypeOf(name, ref);
    if (query.presigned === 'true') {
      const url = await blobs.presign(ref.sha256, { seconds: presignedSeconds, fileName: name, mediaType });
      if (url !== null) return new Answer(200, { url, expiresAt: isoTime(now() + presignedSeconds * 1000) });
    }
    return contentAnswer({ blobs, ref, fileName: name, mediaType, range: headers.range, ifRange: headers['if-range'], signal });
  }

  private async require(id: string): Promise<RunRow> {
    return this.gateway.options.database.transaction((transaction) => requireRun(transaction, id));
  }

  private async requireArtifact(transaction: Transaction, id: string, name: string): Promise<ArtifactRow> {
    const run = await requireRun(transaction, id);
    const artifact = await artifactRows.find(transaction, id, name);
    if (artifact !== null) return artifact;
    if (!isEndState(run.state)) {
      throw new CfgenError('CONFLICT', `run ${id} is ${run.state} and has no "${name}" yet`, {
        retryable: true,
        details: { state: run.state },
      });
    }
    const names = (await artifactRows.ofRuns(transaction, [id])).map((each) => each.name);
    const hint = names.length === 0 ? 'The run made nothing.' : `There are: ${names.join(', ')}.`;
    throw new CfgenError('NOT_FOUND', `run ${id} has no "${name}"`, { hint });
  }

  private async view(row: RunRow): Promise<Run> {
    const artifacts = await this.gateway.options.database.transaction((transaction) => artifactRows.ofRuns(transaction, [row.id]));
    return runView(row, artifacts, this.gateway.board.live(row));
  }
}

/** @throws CfgenError NOT_FOUND; also for runs that belong to something else */
async function requireRun(transaction: Transaction, id: string): Promise<RunRow> {
  const run = await runRows.find(transaction, id);
  if (run === null || run.hidden) throw new CfgenError('NOT_FOUND', `there is no run ${id}`, { details: { id } });
  return run;
}
