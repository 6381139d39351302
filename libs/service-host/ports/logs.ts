import type { JobLog } from '@cfgen/jobs';
import type { BusLog } from '@cfgen/messaging';
import type { Logger } from '@cfgen/observability';

/** The log in the form that jobs write. */
export function jobLog(log: Logger): JobLog {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      log[level](withIds(fields), message);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** The log in the form that the bus writes. */
export function busLog(log: Logger): BusLog {
  return (level, message, details = {}) => log[level](details, message);
}

/** `run` and `job` are the names that every line of the platform uses. */
function withIds({ runId, jobId, ...fields }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...fields, ...(runId === undefined ? {} : { run: runId }), ...(jobId === undefined ? {} : { job: jobId }) };
}
