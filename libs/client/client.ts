import { isEndState, type RunState } from '@cfgen/contracts';
import { downloadToFile, uploadFile, type DownloadFileOptions, type UploadOptions } from './files/local-files';
import { apiOf, type Api, type Artifact, type DataSet, type Presigned, type Run, type RunProgress } from './generated';
import { createTransport, type RequestOptions, type TransportOptions } from './transport/transport';

/** What happens to a run: the whole of it at each change, and where it stands in between. */
export type RunEvent = { readonly event: 'run'; readonly data: Run } | { readonly event: 'progress'; readonly data: RunProgress };

/** A CFGen server: every operation of its API, and what usually goes together. */
export interface Client extends Api {
  /** Events of a run until it has ended, over as many connections as it takes. */
  watchRun(id: string, options?: RequestOptions): AsyncIterable<RunEvent>;
  /** The run, once it has ended. */
  runEnded(id: string, options?: RequestOptions): Promise<Run>;
  /** A URL of an artifact that anyone can read for a while. NOT_FOUND where the store of the server has none to give. */
  artifactUrl(id: string, name: string, options?: RequestOptions): Promise<Presigned>;
  /** Uploads a local file (Node only). */
  uploadFile(path: string, options?: UploadOptions): Promise<DataSet>;
  /** Downloads an artifact of a run into a local file, checked by its hash (Node only). */
  downloadArtifact(run: { readonly id: string }, artifact: Artifact, path: string, options?: DownloadFileOptions): Promise<void>;
  /** Downloads a file of a model likewise (Node only). */
  downloadModelFile(model: { readonly id: string }, file: Artifact, path: string, options?: DownloadFileOptions): Promise<void>;
}

/**
 * A client of a server.
 *
 *     const client = createClient({ server: 'http://localhost:8080', token });
 *     const data = await client.uploadFile('pbmc.h5ad');
 *     const run = await client.startRun({ type: 'train', dataSet: data.id, labels: ['cell_type'] });
 *     for await (const { event, data } of client.watchRun(run.id)) if (event === 'progress') console.log(data.share);
 *
 * @throws CfgenError REQUEST_INVALID when `server` is not an http(s) URL
 */
export function createClient(options: TransportOptions): Client {
  const transport = createTransport(options);
  const api = apiOf(transport);

  async function* watchRun(id: string, choices?: RequestOptions): AsyncGenerator<RunEvent, void, undefined> {
    for await (const event of api.watchRun(id, choices)) {
      yield event;
      if (event.event === 'run' && isEndState(event.data.state satisfies RunState)) return;
    }
  }

  return {
    ...api,
    watchRun,
    async runEnded(id, choices) {
      for await (const event of watchRun(id, choices)) {
        if (event.event === 'run' && isEndState(event.data.state)) return event.data;
      }
      return api.getRun(id, choices);
    },
    artifactUrl: (id, name, choices) =>
      transport.json(
        { method: 'GET', path: `/v1/runs/${encodeURIComponent(id)}/artifacts/${encodeURIComponent(name)}`, query: { presigned: 'true' } },
        choices,
      ),
    uploadFile: (path, choices) => uploadFile(api, path, choices),
    downloadArtifact: ({ id }, artifact, path, choices) =>
      downloadToFile((headers, signal) => api.getArtifact(id, artifact.name, undefined, { headers, signal }), path, {
        expected: artifact,
        ...choices,
      }),
    downloadModelFile: ({ id }, file, path, choices) =>
      downloadToFile((headers, signal) => api.getModelFile(id, file.name, { headers, signal }), path, { expected: file, ...choices }),
  };
}
