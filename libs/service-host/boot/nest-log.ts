import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@cfgen/observability';

/** Nest's own messages in the service's log; what it says of each route at a start is for debugging. */
export function nestLog(log: Logger): LoggerService {
  const text = (message: unknown): string => (message instanceof Error ? message.message : String(message));
  return {
    log: (message: unknown) => log.debug({}, text(message)),
    debug: (message: unknown) => log.debug({}, text(message)),
    verbose: () => undefined,
    warn: (message: unknown) => log.warn({}, text(message)),
    error: (message: unknown, ...rest: unknown[]) =>
      log.error(message instanceof Error ? { error: message } : { details: rest.map(text) }, text(message)),
    fatal: (message: unknown) => log.error({}, text(message)),
  };
}
