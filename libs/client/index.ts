export { createClient, type Client, type RunEvent } from './client';
export { downloaded, type DownloadOptions, type OpenDownload } from './files/downloaded';
export type { DownloadFileOptions, UploadOptions } from './files/local-files';
export * from './generated';
export { serverSentEvents, type ServerSentEvent } from './transport/server-sent-events';
export {
  createTransport,
  type ApiRequest,
  type BytesToSend,
  type Query,
  type RequestOptions,
  type Transport,
  type TransportOptions,
} from './transport/transport';
