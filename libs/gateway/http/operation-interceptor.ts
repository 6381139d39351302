import { Inject, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { CfgenError, operations, type Operation, type OperationId } from '@cfgen/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { isLoopback, type Caller } from '../access/tokens';
import type { Gateway } from '../gateway';
import { Answer, StreamAnswer } from './answer';
import { reserve } from './idempotency';
import { checkedCalls, operationKey } from './operation';
import { checkRequest } from './request-checks';
import { gatewayToken } from './gateway-token';

/** Everything that stands between a request and the handler of its operation: who asks, what is asked, whether it was asked before. */
export class OperationInterceptor implements NestInterceptor {
  constructor(@Inject(gatewayToken) private readonly gateway: Gateway) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const id = Reflect.getMetadata(operationKey, context.getHandler()) as OperationId | undefined;
    if (id === undefined) return next.handle();
    return from(this.carryOut(operations[id], http.getRequest(), http.getResponse(), next));
  }

  private async carryOut(operation: Operation, request: FastifyRequest, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const caller = await this.authenticate(operation, request);
    const parts = checkRequest(operation, request);
    const { database, now, newId } = this.gateway.options;
    const reservation = operation.idempotent === true ? await reserve(request, caller.id, parts.body, { database, now, newId }) : null;
    if (reservation?.kind === 'known') {
      request.raw.resume();
      return send(reply, reservation.answer);
    }
    const call = { ...parts, caller, reservedId: reservation?.reservedId ?? newId(), signal: abortedWith(reply) };
    checkedCalls.set(request, call);
    let result: unknown;
    try {
      result = await lastValueFrom(next.handle());
    } catch (error) {
      await reservation?.release();
      throw error;
    }
    if (result instanceof StreamAnswer) return send(reply, result);
    const answer = result instanceof Answer ? result : new Answer(firstStatus(operation), result);
    await reservation?.keep(answer);
    return send(reply, answer);
  }

  private async authenticate(operation: Operation, request: FastifyRequest): Promise<Caller> {
    if (operation.scope === null) return { id: 'anonymous', scope: 'read' };
    const caller = await this.gateway.access.require(request.headers.authorization, operation.scope);
    if (caller.id === 'anonymous') refuseForeignPages(request);
    return caller;
  }
}

/**
 * Without tokens the server is open to programs of this machine, and must not be to pages that its browser shows: they come with a foreign
 * origin, or under a foreign name that was pointed at this machine.
 */
function refuseForeignPages(request: FastifyRequest): void {
  const host = hostOf(`http://${request.headers.host ?? ''}`);
  const origin = request.headers.origin === undefined ? host : hostOf(request.headers.origin);
  if (host !== null && isLoopback(host.hostname) && origin?.host === host.host) return;
  throw new CfgenError('FORBIDDEN', 'requests from other sites are not taken while the server needs no token', {
    hint: 'Ask by the address 127.0.0.1 or localhost, or make a token.',
  });
}

function hostOf(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}

function abortedWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

function firstStatus(operation: Operation): number {
  return Number(Object.keys(operation.responses)[0]);
}

function send(reply: FastifyReply, answer: Answer | StreamAnswer): unknown {
  void reply.code(answer.status).headers({ ...answer.headers });
  return answer instanceof StreamAnswer ? answer.stream : answer.body;
}
