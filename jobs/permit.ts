/** Why nobody may call a counterpart now. */
export type Refusal =
  | { readonly kind: 'quota' }
  | {
      readonly kind: 'open';
      readonly again_seconds: number;
      readonly open_seconds: number;
      /** One call is under way that may close the breaker. */
      readonly trying: boolean;
    };

/** Leave to send one call at once; `isTry`: the one call that tries an open breaker. */
export type Permit = { readonly kind: 'go'; readonly isTry: boolean } | Refusal;

/** What became of a call. */
export interface CallEnd {
  /** It brought an answer that was understood. */
  readonly answered: boolean;
  /** The counterpart did not count it: it was turned away at the door, or never got there. */
  readonly unspent: boolean;
  /** Calls left today, where the counterpart says so. */
  readonly left: number | null;
  /** The quota is used up: not before then. */
  readonly refusedUntil: Date | null;
}
