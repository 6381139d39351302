import { CfgenError } from '@cfgen/contracts';
import type { SolverSettings } from '@cfgen/model';
import { realNumber, wholeNumber } from './numbers';

/** How latents are drawn, as asked for on the command line. */
export interface SolverRequest {
  readonly solver?: string;
  readonly steps?: string;
  readonly tolerance?: string;
}

/** Steps that bring each method to about the same accuracy. */
const usualSteps = { euler: 100, midpoint: 20, rk4: 10 } as const;
const usualTolerance = 1e-5;
const mostSteps = 10_000;

/**
 * The solver that was asked for; undefined when nothing was, so that the model's own is used.
 * `--steps` alone means rk4, `--tolerance` alone means dopri5.
 */
export function solverOf({ solver, steps, tolerance }: SolverRequest): SolverSettings | undefined {
  if (solver === undefined && steps === undefined && tolerance === undefined) return undefined;
  const method = solver ?? (tolerance === undefined ? 'rk4' : 'dopri5');
  if (method === 'dopri5') {
    if (steps !== undefined) throw conflict('--steps', method, 'It chooses its steps by --tolerance.');
    return {
      method,
      tolerance: tolerance === undefined ? usualTolerance : realNumber('--tolerance', tolerance, { min: 1e-12, max: 1 }),
      maxSteps: mostSteps,
    };
  }
  if (!isFixed(method)) {
    throw new CfgenError('REQUEST_INVALID', `there is no solver "${method}"`, {
      hint: `Choose one of: ${Object.keys(usualSteps).join(', ')}, dopri5.`,
      details: { option: '--solver', value: method },
    });
  }
  if (tolerance !== undefined) throw conflict('--tolerance', method, 'It takes a fixed number of --steps.');
  return { method, steps: steps === undefined ? usualSteps[method] : wholeNumber('--steps', steps, { min: 1, max: mostSteps }) };
}

function isFixed(method: string): method is keyof typeof usualSteps {
  return Object.hasOwn(usualSteps, method);
}

function conflict(option: string, method: string, hint: string): CfgenError {
  return new CfgenError('REQUEST_INVALID', `${option} means nothing to the solver ${method}`, {
    hint,
    details: { option, solver: method },
  });
}
