/**
 * Our payment references as they stand in free text: 16 characters beginning with P (jobs/ids.ts). Banks write the amount
 * or `_` directly before it. A word that begins with PRAKERJA (`PRAKERJA20200915` has 16 characters too) is none: of the
 * references that jobs/ids.ts makes, one in 36^7 (78 billion) begins so.
 */
export const REFERENCE = /(?:(?<![0-9A-Za-z])|(?<=\d[.,]\d\d))P(?!RAKERJA)[0-9A-Z]{15}(?![0-9A-Za-z])/;
const REFERENCES = new RegExp(REFERENCE, 'g');

/** What many orders are debited under: a run's file (jobs/file-ids.ts), or one call (jobs/bulk-ids.ts). */
const BULK_IDS = /(?:(?<![0-9A-Za-z])|(?<=\d[.,]\d\d))PRAKERJA-(?:RUN-[1-9]\d{0,17}|BULK-[0-9A-F]{20})(?![0-9A-Za-z])/g;

/** What free texts say about our reference: the one they name, none, or several different ones (never chosen between). */
export type FoundReference =
  | { readonly kind: 'one'; readonly reference: string }
  | { readonly kind: 'none' | 'several' };

type Texts = readonly (string | null)[];

/** Looks for our references. Blanks inside a reference are never glued together. */
export function findReference(...texts: Texts): FoundReference {
  const [reference, another] = namesIn(texts, REFERENCES);
  if (reference === undefined) return { kind: 'none' };
  return another === undefined ? { kind: 'one', reference } : { kind: 'several' };
}

/** What a line says about whose it is; a reference and a bulk id on one line are one order and the call it went in. */
export type Ours =
  | { readonly kind: 'ours'; readonly reference: string | null; readonly bulkId: string | null }
  | { readonly kind: 'several'; readonly why: string };

/**
 * Looks for our reference and our bulk id.
 * @param texts where ours belong
 * @param bankTexts the bank's own references: some banks put ours there, others have 16 characters with a P of their
 * own, so they count only when the texts name nothing
 */
export function findOurs(texts: Texts, bankTexts: Texts = []): Ours {
  const found = oursIn(texts);
  return isNothing(found) ? oursIn(bankTexts) : found;
}

/** Nothing of ours is named. */
export function isNothing(ours: Ours): boolean {
  return ours.kind === 'ours' && ours.reference === null && ours.bulkId === null;
}

function oursIn(texts: Texts): Ours {
  const references = namesIn(texts, REFERENCES);
  if (references.length > 1) return { kind: 'several', why: 'it names several of our references' };
  const bulkIds = namesIn(texts, BULK_IDS);
  if (bulkIds.length > 1) return { kind: 'several', why: 'it names several of our bulk ids' };
  return { kind: 'ours', reference: references[0] ?? null, bulkId: bulkIds[0] ?? null };
}

/** The bulk id that a field consists of; null: it is none of ours. */
export function asBulkId(text: string | null): string | null {
  return text !== null && namesIn([text], BULK_IDS)[0] === text ? text : null;
}

function namesIn(texts: Texts, pattern: RegExp): readonly string[] {
  return [...new Set(texts.flatMap((text) => text?.match(pattern) ?? []))];
}

/** Null for ISO 20022's way of saying nothing, and SWIFT's. */
export function given(text: string | null): string | null {
  return /^(?:NOTPROVIDED|NONREF)?$/i.test(text ?? '') ? null : text;
}
