import 'reflect-metadata';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { CfgenError, operationIds, type OperationId } from '@cfgen/contracts';
import type { Gateway } from '../gateway';
import { DataSetsController } from './controllers/data-sets.controller';
import { DeadLettersController } from './controllers/dead-letters.controller';
import { ModelsController } from './controllers/models.controller';
import { RunsController } from './controllers/runs.controller';
import { SystemController } from './controllers/system.controller';
import { TokensController } from './controllers/tokens.controller';
import { gatewayToken } from './gateway-token';
import { operationKey } from './operation';
import { OperationInterceptor } from './operation-interceptor';
import { ProblemFilter } from './problem-filter';

const controllers: readonly Type[] = [
  DataSetsController,
  ModelsController,
  RunsController,
  DeadLettersController,
  TokensController,
  SystemController,
];

/** The HTTP side of a gateway that is at work. */
@Module({})
export class GatewayModule {
  /** @throws CfgenError INTERNAL unless every operation has exactly one handler */
  static register(gateway: Gateway): DynamicModule {
    requireOneHandlerEach(controllers);
    return {
      module: GatewayModule,
      controllers: [...controllers],
      providers: [
        { provide: gatewayToken, useValue: gateway },
        { provide: APP_INTERCEPTOR, useFactory: () => new OperationInterceptor(gateway) },
        { provide: APP_FILTER, useFactory: () => new ProblemFilter(gateway.options.log) },
      ],
    };
  }
}

/** @throws CfgenError INTERNAL naming the operations without a handler, and those with several */
export function requireOneHandlerEach(types: readonly Type[], wanted: readonly OperationId[] = operationIds): void {
  const handled = types.flatMap(operationsOf);
  const missing = wanted.filter((id) => !handled.includes(id));
  const twice = handled.filter((id, i) => handled.indexOf(id) !== i);
  if (missing.length === 0 && twice.length === 0) return;
  throw new CfgenError(
    'INTERNAL',
    `operations without a handler: ${missing.join(', ') || 'none'}; with several: ${twice.join(', ') || 'none'}`,
    {
      details: { missing, twice },
    },
  );
}

function operationsOf(type: Type): OperationId[] {
  const prototype = type.prototype as Readonly<Record<string, unknown>>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const id = typeof handler === 'function' ? (Reflect.getMetadata(operationKey, handler) as OperationId | undefined) : undefined;
    return id === undefined ? [] : [id];
  });
}
