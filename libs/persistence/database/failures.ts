import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { CfgenError } from '@cfgen/contracts';

/**
 * What an error of the database means: `again`: another transaction was in the way; `unavailable`: the database cannot be reached or cannot
 * write now; `refused`: it cannot be used as it is configured; `other`: the statement or the caller is at fault.
 */
export type Failure = 'again' | 'unavailable' | 'refused' | 'other';

/** Serialisation failure, deadlock, lock not had in time; busy file. */
const conflicts = /^(40001|40P01|55P03|SQLITE_BUSY|SQLITE_LOCKED)/;

/** Connection classes of SQLSTATE, shut down, crashed, starting, too many clients, no resources, cancelled by a time limit, read-only. */
const outages =
  /^(08|57P0|53|57014|25P03|25006|58|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET|SQLITE_IOERR|SQLITE_FULL|SQLITE_READONLY)/;

/** Wrong password, no such user or database, no right to it; not a database file, or no file that can be opened. */
const refusals = /^(28|3D000|42501|EACCES|EPERM|ENOTDIR|EEXIST|EROFS|SQLITE_CANTOPEN|SQLITE_NOTADB|SQLITE_CORRUPT|SQLITE_AUTH|SQLITE_PERM)/;

/** The driver of PostgreSQL says these without a code. */
const outageMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|pool after calling end/;

/** So does libsql when a path is a folder or may not be opened. */
const refusalMessages = /Unable to open connection to local database/;

/** Only errors of statements count: what the caller's own work throws is his. */
export function failureOf(error: unknown): Failure {
  if (error instanceof QueryRunnerAlreadyReleasedError) return 'unavailable';
  return error instanceof QueryFailedError ? failureOfDriver(error.driverError) : 'other';
}

/** For errors of connecting, which come as the driver throws them. */
export function failureOfDriver(error: unknown): Failure {
  if (error instanceof QueryFailedError) return failureOfDriver(error.driverError);
  const code = codeOf(error);
  if (conflicts.test(code)) return 'again';
  if (outages.test(code)) return 'unavailable';
  if (refusals.test(code)) return 'refused';
  if (!(error instanceof Error)) return 'other';
  if (outageMessages.test(error.message)) return 'unavailable';
  return refusalMessages.test(error.message) ? 'refused' : 'other';
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** The error a caller gets. */
export function databaseError(place: string, failure: Exclude<Failure, 'other'>, error: unknown): CfgenError {
  const reason = reasonOf(error);
  if (failure === 'refused') {
    return new CfgenError('CONFIGURATION_INVALID', `The database ${place} cannot be used: ${reason}`, {
      hint: 'Check the address, the user, the password and the rights on the database.',
      cause: error,
    });
  }
  const what = failure === 'again' ? 'was busy with other transactions too long' : 'cannot be reached or cannot write';
  return new CfgenError('DATABASE_UNAVAILABLE', `The database ${place} ${what}: ${reason}`, {
    hint: 'Nothing was changed, unless the connection broke while a transaction was being committed. Try again later.',
    retryable: true,
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Connecting to a name with several addresses fails with all their errors, and no message of its own.
  return error.message || (error instanceof AggregateError ? error.errors.map(reasonOf).join('; ') : error.name);
}
