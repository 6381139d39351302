import { setTimeout as pause } from 'node:timers/promises';
import {
  dataSetSchema,
  operationIds,
  operations,
  problemDetailsSchema,
  runSchema,
  type DataSet,
  type Operation,
  type OperationResponse,
  type Run,
} from '@cfgen/contracts';
import { openHttpGateway, type HttpGateway, type HttpGatewayOptions } from './http-gateway';

const open: HttpGateway[] = [];

/** A gateway that `closeGateways` closes. */
export async function gatewayWith(options?: HttpGatewayOptions): Promise<HttpGateway> {
  const gateway = await openHttpGateway(options);
  open.push(gateway);
  return gateway;
}

/** For `afterEach`. */
export async function closeGateways(): Promise<void> {
  for (const gateway of open.splice(0)) await gateway.close();
}

/** What came back; `json` where it is JSON, for the assertions to look into. */
export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly json: ReturnType<typeof JSON.parse>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

/** One request, within the process. Every error must be a problem as the API describes it. */
export async function ask(
  gateway: HttpGateway,
  method: Method,
  url: string,
  payload?: string | Buffer | object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const response = await gateway.app.inject({
    ...{ method, url, headers: { host: 'localhost', ...headers } },
    ...(payload === undefined ? {} : { payload }),
  });
  const { statusCode, body } = response;
  const isJson = String(response.headers['content-type']).includes('json') && body !== '';
  const answered = { status: statusCode, headers: response.headers, body, json: isJson ? JSON.parse(body) : undefined };
  checkAnswer(method, url, answered);
  return answered;
}

/** An answer must be one that the table of operations declares, an error a problem. */
function checkAnswer(method: Method, url: string, { status, json }: Pick<Response, 'status' | 'json'>): void {
  const path = url.split('?')[0] ?? '';
  const exact = (pattern: string): boolean => new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  const matching = operationIds.map((id): Operation => operations[id]).filter((each) => each.method === method && exact(each.path));
  // `/v1/models/aliases` is no model.
  const operation = matching.find((each) => !each.path.includes('{')) ?? matching[0];
  const declared = operation?.responses[status];
  if (declared === undefined || (status === 503 && json?.code !== undefined)) {
    if (status < 400) throw new Error(`${method} ${path} answered ${status}, which is not declared`);
    problemDetailsSchema.parse(json);
    return;
  }
  const shapes = Array.isArray(declared) ? (declared as readonly OperationResponse[]) : [declared as OperationResponse];
  if (shapes.includes('binary') || shapes.includes('text') || shapes.includes('event-stream')) return;
  const [shape] = shapes;
  if (shape === 'empty') {
    if (json !== undefined) throw new Error(`${method} ${path} answered more than nothing`);
  } else if (typeof shape === 'object') shape.parse(json);
}

/** Headers of an upload. */
export const bytes = { 'content-type': 'application/octet-stream' };

/** Looks again until it is so. */
export async function until<T>(look: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const value = await look();
    if (done(value)) return value;
    await pause(20);
  }
  throw new Error('it never came to that');
}

/** A data set that was looked into. */
export async function uploaded(gateway: HttpGateway, text = 'some cells', name = 'pbmc.h5ad'): Promise<DataSet> {
  const { json } = await ask(gateway, 'POST', `/v1/data-sets?name=${name}`, Buffer.from(text), bytes);
  const { id } = json as DataSet;
  return until(
    async () => dataSetSchema.parse((await ask(gateway, 'GET', `/v1/data-sets/${id}`)).json),
    ({ state }) => state !== 'validating',
  );
}

/** A run that has ended. */
export async function ended(gateway: HttpGateway, id: string): Promise<Run> {
  return until(
    async () => runSchema.parse((await ask(gateway, 'GET', `/v1/runs/${id}`)).json),
    ({ state }) => ['succeeded', 'failed', 'cancelled'].includes(state),
  );
}

/** A training that has ended. */
export async function trained(gateway: HttpGateway, alias = 'production'): Promise<Run> {
  const dataSet = await uploaded(gateway);
  const { json } = await ask(gateway, 'POST', '/v1/runs', { type: 'train', dataSet: dataSet.id, alias });
  return ended(gateway, (json as Run).id);
}
