import type { BusLog } from '@cfgen/messaging';
import type { Logger } from '@cfgen/observability';

/** The log in the form that the bus writes. */
export function busLog(log: Logger): BusLog {
  return (level, message, details = {}) => log[level](details, message);
}
