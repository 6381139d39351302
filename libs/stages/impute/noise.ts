import { CfgenError, type Problem } from '@cfgen/contracts';

/** Above it the noise makes other cells of them (paper, appendix H.6). */
const mostNoise = 0.1;

/** @throws CfgenError REQUEST_INVALID for a deviation that is none */
export function checkNoise(noise: number, onProblem?: (problem: Problem) => void): void {
  if (!(noise >= 0 && Number.isFinite(noise))) {
    throw new CfgenError('REQUEST_INVALID', `a noise of ${noise} is not possible`, { hint: 'Give a number from 0 to 0.1.' });
  }
  if (noise <= mostNoise) return;
  onProblem?.({
    severity: 'warning',
    code: 'noise-large',
    message: `with a noise of ${noise} cells may come back as others: the authors advise to stay below ${mostNoise}`,
    details: { noise },
  });
}
