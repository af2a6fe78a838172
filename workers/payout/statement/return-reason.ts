/** ISO 20022 external return reasons that a returned credit transfer carries. */
const CODES =
  'AC01 AC03 AC04 AC06 AC13 AC14 AG01 AG02 AM01 AM02 AM04 AM05 AM09 BE01 BE04 BE05 BE06 BE07 DUPL FF01 FOCR MD06 MD07 MS02 MS03 RC01 RR01 RR02 RR03 RR04 TM01'.split(
    ' ',
  );
const PATTERN = new RegExp(`\\b(?:${CODES.join('|')})\\b`, 'g');

/** The reason in free text that says it is a return ("RETUR … AC04"); null: no return, no code, or more than one. */
export function findReturnReason(text: string): string | null {
  return /\b(?:RETUR|RETURN|RETURNED)\b/i.test(text) ? findReturnCode(text) : null;
}

/** The one code in a text that is known to be about a return; null: none, or more than one. */
export function findReturnCode(text: string): string | null {
  const codes = new Set(text.match(PATTERN) ?? []);
  return codes.size === 1 ? ([...codes][0] ?? null) : null;
}
