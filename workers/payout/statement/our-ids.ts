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
 * @param texts where ours belong; `asField` for what is no free text
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
export function asBulkId(field: string | null): string | null {
  return onlyName(asField(field), BULK_IDS);
}

/** The order's reference that a field consists of; null: it is none of ours. */
export function asReference(field: string | null): string | null {
  return onlyName(asField(field), REFERENCES);
}

/**
 * A field that has room for one reference, for `findOurs`: one of ours in lower case or in groups (`p6sl j8e3 rkzy y2tr`) as
 * we write it, anything else as it stands. It needs a digit, for `Pembayaran siswa X` has 16 letters too, and a run stays
 * in one piece: its number could go on in what stands behind it. Never for free text, whose words would become references.
 */
export function asField(field: string | null): string | null {
  const text = (field ?? '').trim().toUpperCase();
  const joined = text.startsWith('PRAKERJA-RUN-') ? text : text.replaceAll(' ', '');
  const name = /\d/.test(joined) ? (onlyName(joined, REFERENCES) ?? onlyName(joined, BULK_IDS)) : null;
  return name ?? field;
}

function onlyName(text: string | null, pattern: RegExp): string | null {
  return text !== null && namesIn([text], pattern)[0] === text ? text : null;
}

function namesIn(texts: Texts, pattern: RegExp): readonly string[] {
  return [...new Set(texts.flatMap((text) => text?.match(pattern) ?? []))];
}

/** Null for ISO 20022's way of saying nothing, and SWIFT's. */
export function given(text: string | null): string | null {
  return /^(?:NOTPROVIDED|NONREF)?$/i.test(text ?? '') ? null : text;
}
