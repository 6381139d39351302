import type { CfgenError } from '@cfgen/contracts';

/** An error whose status is not that of its code, such as 405 and 416. */
export class HttpProblem extends Error {
  constructor(
    readonly status: number,
    readonly error: CfgenError,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(error.message);
    this.name = 'HttpProblem';
  }
}
