import 'reflect-metadata';
import type { Readable } from 'node:stream';
import { applyDecorators, createParamDecorator, Delete, Get, Post, Put, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { operations, type Operation, type OperationId } from '@cfgen/contracts';
import type { z } from 'zod';
import type { Caller } from '../access/tokens';

/** Where the operation of a handler is kept in its metadata. */
export const operationKey = Symbol('operation');

type Field<Id extends OperationId, K extends string> =
  (typeof operations)[Id] extends Readonly<Record<K, infer S extends z.ZodType>> ? z.output<S> : undefined;

type Body<Id extends OperationId> = (typeof operations)[Id] extends { readonly body: { readonly json: infer S extends z.ZodType } }
  ? z.output<S>
  : undefined;

/** A request after all checks, as the table of operations describes it. */
export interface Call<Id extends OperationId> {
  readonly params: Field<Id, 'params'>;
  readonly query: Field<Id, 'query'>;
  readonly headers: Field<Id, 'headers'>;
  readonly body: Body<Id>;
  /** The bytes that come instead of JSON, where the operation takes them and the request brings them. */
  readonly upload: Readable | null;
  readonly caller: Caller;
  /** Identity of what the request creates; the same when it is repeated under its `Idempotency-Key`. */
  readonly reservedId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** A call of any operation, between the check and the handler. */
export interface AnyCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
  readonly upload: Readable | null;
  readonly caller: Caller;
  readonly reservedId: string;
  readonly signal: AbortSignal;
}

/** Calls that were checked, by request. */
export const checkedCalls: WeakMap<object, AnyCall> = new WeakMap();

/** `/v1/runs/{id}` as routers write it: `/v1/runs/:id`. */
export function routeOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

const methods = { GET: Get, POST: Post, PUT: Put, DELETE: Delete } as const;

/** Makes a method the handler of an operation: method, path and all checks come from the table of operations. */
export function Operates(id: OperationId): MethodDecorator {
  const operation: Operation = operations[id];
  return applyDecorators(methods[operation.method](routeOf(operation.path)), SetMetadata(operationKey, id));
}

/** The checked request, as the only parameter of a handler. */
export const TheCall = createParamDecorator((_data: unknown, context: ExecutionContext): AnyCall => {
  const call = checkedCalls.get(context.switchToHttp().getRequest<object>());
  if (call === undefined) throw new Error('the request was not checked: its handler is not an operation');
  return call;
});
