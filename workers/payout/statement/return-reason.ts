/**
 * ISO 20022 external return reasons: two letters of a family and two digits, and a few of four letters. Families are
 * named because two letters and two digits alone are also an address (`RT05 RW03`) or a branch (`KC01`).
 */
const FAMILIES = 'AC AG AM BE CN DC DS DT ED FF FR MD MS PY RC RF RR SL SP TM';
const WORDS =
  'ARDT CNOR CURR CUST CUTA DNOR DUPL EMVL ERIN FOCR FRAD LEGL NARR NOAS NOCM NOOR PINL RUTA SVNR TRAC UPAY';
const NUMBERED = new RegExp(String.raw`(?<![0-9A-Za-z])(?:${FAMILIES.replaceAll(' ', '|')})\d{2}(?![0-9A-Za-z])`, 'g');
const WORDED = new RegExp(`(?<![0-9A-Za-z])(?:${WORDS.replaceAll(' ', '|')})(?![0-9A-Za-z])`, 'g');

/** What banks write about money that comes back; RTRN and NRTI are MT940's. */
const RETURN =
  /(?<![0-9A-Za-z])(?:RETUR|RETURN|RETURNED|RTRN|NRTI|REFUND|REFUNDED|REVERSAL|REVERSED|PENGEMBALIAN|DIKEMBALIKAN)(?![0-9A-Za-z])/i;

/** ISO 20022's own word for a return whose reason nobody gave. */
export const NO_REASON_GIVEN = 'MS03';

/**
 * The reason of money that comes in, when the line or its free text says that it is a return ("RETUR … AC04"); null: no
 * return, or no one code. A return that names nothing of ours has one in any case: it must not pass for funding.
 */
export function returnReasonIn(text: string, isReturn: boolean, namesOurs: boolean): string | null {
  if (!isReturn && !RETURN.test(text)) return null;
  return findReturnCode(text) ?? (namesOurs ? null : NO_REASON_GIVEN);
}

/**
 * The one code in a text that is known to be about a return; null: none, or more than one. Four letters (CUST) may also be
 * a word: they count only where no code with digits stands.
 */
export function findReturnCode(text: string): string | null {
  const numbered = new Set(text.match(NUMBERED) ?? []);
  const codes = numbered.size > 0 ? numbered : new Set(text.match(WORDED) ?? []);
  return codes.size === 1 ? ([...codes][0] ?? null) : null;
}
