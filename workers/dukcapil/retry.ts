import { quotaAgainAt } from '../../jobs/quota.ts';
import type { Verdict } from '../../jobs/verdict.ts';

/** A registry that did not answer is asked again after this long. */
const RETRY_MINUTES = 15;

/** When somebody who waits for the registry is asked about again: soon, or when the next day's quota begins (WIB). */
export function withRetry(verdict: Verdict, now: Date): Verdict {
  switch (verdict.reason) {
    case 'registry_timeout':
    case 'registry_unavailable':
      return { ...verdict, dueAt: new Date(now.getTime() + RETRY_MINUTES * 60_000) };
    case 'registry_quota':
      return { ...verdict, dueAt: quotaAgainAt(now) };
    default:
      return verdict;
  }
}
