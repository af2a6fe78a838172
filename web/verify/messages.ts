import type { Explanation, Verified, VerifyStep } from '../../workers/assignment/rules.ts';
import type { ChosenFile } from './chosen.ts';

/** What the page asks of its worker, which verifies one draw and then answers about it. */
export type Request =
  | { readonly kind: 'verify'; readonly files: readonly ChosenFile[]; readonly directory: string }
  | { readonly kind: 'explain'; readonly registrationId: string };

/** What was found, without the draw itself: that stays in the worker. */
export type Outcome = Omit<Verified, 'again'>;

/** What the worker tells the page. */
export type Answer =
  | { readonly kind: 'progress'; readonly step: VerifyStep; readonly share: number }
  | { readonly kind: 'verified'; readonly outcome: Outcome }
  | { readonly kind: 'explained'; readonly explanation: Explanation }
  | { readonly kind: 'failed'; readonly message: string };
