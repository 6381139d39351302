import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { CfgenError, operationIds, operations, problemDetailsOf, problemMediaType, statusOf } from '@cfgen/contracts';
import type { Logger } from '@cfgen/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem } from './http-problem';

/** Turns whatever went wrong into `application/problem+json`. What is not meant for callers stays in the log, under the id of the request. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    sendProblem(exception, request, reply, this.log);
  }
}

/** Answers a request with a problem; cuts the connection when an answer has begun already. */
export function sendProblem(exception: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const problem = problemOf(exception, request);
  const { status } = problem;
  const unexpected = problem.error.code === 'INTERNAL';
  if (status >= 500) log.error({ error: exception, request: request.id }, 'a request failed');
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const shown = unexpected ? internal(request.id) : problem.error;
  const body = { ...problemDetailsOf(shown, pathOf(request)), status };
  for (const [name, value] of Object.entries(problem.headers)) void reply.header(name, value);
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status === 429 || status === 503) void reply.header('retry-after', '5');
  // The rest of an upload is not waited for.
  if (!request.raw.complete) void reply.header('connection', 'close');
  request.raw.resume();
  void reply.code(status).header('content-type', problemMediaType).send(JSON.stringify(body));
}

function problemOf(exception: unknown, request: FastifyRequest): HttpProblem {
  if (exception instanceof HttpProblem) return exception;
  if (exception instanceof CfgenError) return new HttpProblem(statusOf(exception.code), exception);
  const status = statusOfForeign(exception);
  const message = exception instanceof Error ? exception.message : 'the request cannot be read';
  switch (status) {
    case 404:
      return notFound(request);
    case 413:
      return new HttpProblem(413, new CfgenError('TOO_LARGE', 'the body is larger than is taken here'));
    case 415:
      return new HttpProblem(
        415,
        new CfgenError('REQUEST_INVALID', 'the content type is not taken here', { hint: 'Send application/json.' }),
      );
    case null:
      return new HttpProblem(500, new CfgenError('INTERNAL', message, { cause: exception }));
    default:
      return new HttpProblem(status, new CfgenError('REQUEST_INVALID', message));
  }
}

/** Status of an error of the router or of a parser of bodies, from 400 to 499. */
function statusOfForeign(exception: unknown): number | null {
  const status = exception instanceof HttpException ? exception.getStatus() : statusField(exception);
  return status !== null && status >= 400 && status < 500 ? status : null;
}

function statusField(exception: unknown): number | null {
  if (typeof exception !== 'object' || exception === null || !('statusCode' in exception)) return null;
  return typeof exception.statusCode === 'number' ? exception.statusCode : null;
}

/** No such path, or one that takes other methods. */
function notFound(request: FastifyRequest): HttpProblem {
  const path = pathOf(request);
  const allowed = operationIds.flatMap((id) => (matches(operations[id].path, path) ? [operations[id].method as string] : []));
  if (allowed.length === 0) {
    return new HttpProblem(
      404,
      new CfgenError('NOT_FOUND', `there is nothing at ${path}`, { hint: 'GET /openapi.json lists what there is.' }),
    );
  }
  const allow = [...new Set(allowed)].join(', ');
  const error = new CfgenError('REQUEST_INVALID', `${path} does not take ${request.method}`, { hint: `It takes: ${allow}.` });
  return new HttpProblem(405, error, { allow });
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith('{') || part === given[i]);
}

function internal(id: string): CfgenError {
  return new CfgenError('INTERNAL', 'the server failed', {
    hint: `The log says more under the request id ${id}.`,
    details: { requestId: id },
  });
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? request.url;
}
