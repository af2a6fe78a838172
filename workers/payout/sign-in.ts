import { GiveUpTurn } from '../../jobs/stage.ts';
import type { BankClient } from './client.ts';
import { NO_ENTRY } from './store.ts';

/** So long a chunk waits that could not be ordered; the money stays where it is meanwhile. */
const AGAIN_SECONDS = 15;
/** A refusal counts this long for others too, or as long as it took: a thousand chunks do not ask for a thousand tokens. */
const REFUSED_FOR_MS = 2_000;

/** Makes sure, before anything is ordered, that the bank lets us in: without a token nothing could leave us. */
export function createSignIn(bank: BankClient, clock_ms: () => number = () => performance.now()): () => Promise<void> {
  let refused: { readonly why: string; readonly until_ms: number } | undefined;
  return async () => {
    if (refused === undefined || clock_ms() >= refused.until_ms) {
      const began_ms = clock_ms();
      const why = await bank.signIn();
      const now_ms = clock_ms();
      refused = why === undefined ? undefined : { why, until_ms: now_ms + Math.max(REFUSED_FOR_MS, now_ms - began_ms) };
    }
    if (refused) throw new GiveUpTurn(`${NO_ENTRY}: ${refused.why}`, AGAIN_SECONDS);
  };
}
