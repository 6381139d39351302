import { CfgenError } from '@cfgen/contracts';

export interface CheckResult {
  readonly ok: boolean;
  /** What is wrong. */
  readonly message?: string;
}

export interface HealthReport {
  readonly status: 'ok' | 'failing';
  readonly checks: Readonly<Record<string, CheckResult>>;
}

export interface Health {
  /** Whether the process is in order. Failing means that only a new one will help. */
  live(): Promise<HealthReport>;
  /** Whether the service can do its work now: every check. */
  ready(): Promise<HealthReport>;
}

export interface HealthOptions {
  /** A check that takes longer has failed. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long an answer is good for; 1 s when left out. */
  readonly cacheMs?: number;
  /** Names of the checks that only a new process can mend, e.g. a crashed consumer: they count for `live`. None when left out. */
  readonly vital?: readonly string[];
}

/**
 * Health of a service from its checks: a check resolves when all is well, and rejects otherwise.
 *
 * @example
 * createHealth({ database: () => database.check(), blobs: () => blobs.check() }, { timeoutMs: 2_000, now: Date.now });
 */
export function createHealth(checks: Readonly<Record<string, () => Promise<void>>>, options: HealthOptions): Health {
  const { timeoutMs, now, cacheMs = 1_000, vital = [] } = options;
  const unknown = vital.filter((name) => !Object.hasOwn(checks, name));
  if (unknown.length > 0) {
    throw new CfgenError('INTERNAL', `there are no checks named ${unknown.join(', ')}`, {
      hint: `checks are ${Object.keys(checks).join(', ')}`,
    });
  }
  const answers = new Map<string, { readonly result: Promise<CheckResult>; settledAt: number | null }>();

  /** The answer that is under way or still fresh; else a new one. */
  function ask(name: string, check: () => Promise<void>): Promise<CheckResult> {
    const last = answers.get(name);
    if (last !== undefined && (last.settledAt === null || now() - last.settledAt < cacheMs)) return last.result;
    const answer: { readonly result: Promise<CheckResult>; settledAt: number | null } = {
      settledAt: null,
      result: resultOf(check, timeoutMs).finally(() => {
        answer.settledAt = now();
      }),
    };
    answers.set(name, answer);
    return answer.result;
  }

  async function report(names: readonly string[]): Promise<HealthReport> {
    const results = await Promise.all(
      Object.entries(checks)
        .filter(([name]) => names.includes(name))
        .map(async ([name, check]) => [name, await ask(name, check)] as const),
    );
    return { status: results.every(([, { ok }]) => ok) ? 'ok' : 'failing', checks: Object.fromEntries(results) };
  }

  return { live: () => report(vital), ready: () => report(Object.keys(checks)) };
}

async function resultOf(check: () => Promise<void>, timeoutMs: number): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, message: `no answer within ${timeoutMs} ms` }), timeoutMs);
  });
  try {
    return await Promise.race([check().then((): CheckResult => ({ ok: true })), late]);
  } catch (error) {
    const what = error instanceof CfgenError ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : String(error);
    return { ok: false, message: what.slice(0, 300) };
  } finally {
    clearTimeout(timer);
  }
}
