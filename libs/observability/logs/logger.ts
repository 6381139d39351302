import pino from 'pino';
import { loggable } from './loggable';
import { isSecretName, redacted, withoutSecrets } from './redaction';

/** Facts of a line. An Error is written with its code, hint, details and causes; fields named like secrets are struck out. */
export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes lines of a log. Whoever logs knows this interface only. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger whose every line has these fields too, e.g. `run`, `job` and `trace`. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly service: string;
  readonly instance: string;
  readonly version: string;
  readonly level: LogLevel | 'silent';
  /** Takes each line as a string with its line break; standard output when left out. */
  readonly destination?: { write(line: string): void };
}

const reserved = new Set(['level', 'time', 'service', 'instance', 'version', 'message']);

/**
 * A log of JSON lines: `level`, `time` (ISO 8601), `service`, `instance`, `version`, the fields, `message`.
 *
 * @example
 * const log = createLogger({ service: 'flow', instance: 'flow-1', version, level: 'info' }).child({ run, job });
 * log.error({ error }, 'the job failed');
 */
export function createLogger({ service, instance, version, level, destination }: LoggerOptions): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: { service, instance, version },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // Fields come to it as plain JSON already.
    serializers: {},
  };
  return wrap(destination === undefined ? pino(options) : pino(options, destination), {});
}

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** Fields of all lines are kept here and not in a child of pino, which would write a name twice where a line names it again. */
function wrap(line: pino.Logger, bound: LogFields): Logger {
  const writer =
    (level: LogLevel) =>
    (fields: LogFields, message: string): void => {
      // Lines below the level cost nothing but this question.
      if (line.isLevelEnabled(level)) line[level]({ ...bound, ...prepared(fields) }, withoutSecrets(message));
    };
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    child: (fields) => wrap(line, { ...bound, ...prepared(fields) }),
  };
}

/** Fields as plain JSON; one that is named like a part of every line gets a `_` in front, so that no line has a name twice. */
function prepared(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      reserved.has(name) ? `_${name}` : name,
      isSecretName(name) ? redacted : loggable(value),
    ]),
  );
}
