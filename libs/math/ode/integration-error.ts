/** An integration that cannot go on: the row (trajectory) and the time it reached. */
export class IntegrationError extends Error {
  readonly row: number;
  readonly time: number;

  constructor(message: string, row: number, time: number) {
    super(`row ${row} at t = ${time}: ${message}`);
    this.name = 'IntegrationError';
    this.row = row;
    this.time = time;
  }
}
