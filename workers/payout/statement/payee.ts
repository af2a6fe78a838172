import { REFERENCE } from './our-ids.ts';

/** The other side of a movement, as far as a statement names it. */
export interface Payee {
  readonly account: string | null;
  readonly name: string | null;
}

/**
 * `TRF/reference/account/name` or `RETUR/…`: the one shape of free text in which the payee's place is certain, whichever
 * bank writes it, and only where its parts are what they must be: BNI's free text begins with `TRF/PAY/` and has slashes in
 * dates and invoices. BCA writes its own words before it. A bank may mask digits with `*` or `X`; two of them are a day.
 */
const PAYEE = new RegExp(
  `(?<!\\S)(?:TRF|RETUR)/${REFERENCE.source}/\\s*((?:[A-Z]{2,10} )?['+]?[\\d*Xx][\\d*Xx .-]{2,})?/(.*)$`,
  'm',
);

/** Whom a free text names; in any other shape it names nobody, and naming nobody cannot disagree. */
export function payeeIn(text: string): Payee {
  const [, account = '', name = ''] = PAYEE.exec(text) ?? [];
  return { account: account.trim() || null, name: name.trim() || null };
}
