import { refuse } from '../../../jobs/errors.ts';
import { fieldsOf, type RawRecord, rawRecords, type Separator, splitFields } from './csv.ts';
import type { ByteStream } from './statement.ts';
import { utf8OrWindows } from './text.ts';

/** A column by the names that exports give it, the likeliest first; see `fold` for how they are compared. */
export interface Column {
  readonly names: readonly string[];
  readonly needed?: true;
  /** Every column of these names counts, several of the same name too: their texts are joined. */
  readonly repeats?: true;
  /** Where no column has the names: the one without a name directly behind this one. */
  readonly unnamedBehind?: string;
}

/** Rows of the table that are no entries: a text in a column names them as a balance or a sum. */
export interface NamedRows<K extends string, L extends string> {
  readonly column: K;
  /** The text may stand in any column, in a row that has no other. */
  readonly anywhere?: true;
  /** What a row with a date may be, and what one without may be. */
  readonly dated: readonly L[];
  readonly undated: readonly L[];
}

/** How a bank writes its statement: a table, with labelled facts (`Periode : …`, `Saldo Akhir,…`) before and behind it. */
export interface Layout<K extends string = string, L extends string = string> {
  readonly bank: string;
  readonly columns: Readonly<Record<K, Column>>;
  /** A row with something in this column is a row, whatever it begins with. */
  readonly date: K;
  readonly labels: Readonly<Record<L, readonly string[]>>;
  readonly named?: NamedRows<K, L>;
}

export type Cells<K extends string> = Readonly<Record<K, string>>;

export type TableEvent<K extends string, L extends string> =
  | { readonly kind: 'row'; readonly line: number; readonly cells: Cells<K> }
  /** `cells` is there when the label stands in a row of the table, as totals do. */
  | {
      readonly kind: 'label';
      readonly line: number;
      readonly label: L;
      readonly values: readonly string[];
      readonly cells: Cells<K> | null;
    }
  | { readonly kind: 'unreadable'; readonly line: number; readonly why: string };

const SEPARATORS: readonly Separator[] = [',', ';', '\t'];
/** A header further down is none; what stands before it is kept, to know it again on the next page. */
const PREAMBLE_RECORDS_MAX = 100;
/** What pages end with, alone in its row. */
const PAGE_FOOTERS = [
  /^(?:halaman|hal\.?|page)\s*:?\s*\d+(?:\s*(?:dari|of|\/)\s*\d+)?$/i,
  /^bersambung\b[^\d]*$/i,
  /^(?:dicetak|tanggal cetak|printed)\b.*$/i,
];

/**
 * Names are compared without case, blanks, dots, underscores, hyphens and our currency: `partnerReferenceNo` and
 * `PARTNER_REFERENCE_NO` are `partner reference no`, `Amount (IDR)` and `AMOUNT_IDR` are `amount`.
 */
function fold(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s_.(]+(?:idr|rp)[\s.]*\)?$/, '')
    .replace(/[\s_.-]+/g, '');
}

/** A layout with its names as they are compared. */
function folded<K extends string, L extends string>(layout: Layout<K, L>): Layout<K, L> {
  const columns = mapped(layout.columns, (column) => ({ ...column, names: column.names.map(fold) }));
  return { ...layout, columns, labels: mapped(layout.labels, (names) => names.map(fold)) };
}

function mapped<K extends string, V>(record: Readonly<Record<K, V>>, change: (value: V) => V): Record<K, V> {
  return Object.fromEntries(Object.entries<V>(record).map(([key, value]) => [key, change(value)] as const)) as Record<
    K,
    V
  >;
}

interface Header {
  readonly separator: Separator;
  /** Where each column stands; [] for one that is missing. */
  readonly places: Readonly<Record<string, readonly number[]>>;
  readonly width: number;
}

/** The header that a record is, by whichever separator; null: it lacks a needed column, or has one twice. */
function headerOf(text: string, columns: Readonly<Record<string, Column>>): Header | null {
  for (const separator of SEPARATORS) {
    const names = (splitFields(text, separator) ?? []).map(fold);
    while (names.at(-1) === '') names.pop();
    const found = Object.entries(columns).map(([key, column]) => [key, placesOf(names, column, columns)] as const);
    if (found.some(([key, at]) => at.length === 0 && columns[key]?.needed)) continue;
    const isTwice = found.some(([key, at]) => at.length > 1 && !columns[key]?.repeats);
    return isTwice ? null : { separator, places: Object.fromEntries(found), width: names.length };
  }
  return null;
}

function placesOf(names: readonly string[], column: Column, columns: Readonly<Record<string, Column>>): number[] {
  const at = (wanted: readonly string[]) => [...names.keys()].filter((i) => wanted.includes(names[i] as string));
  if (column.repeats) return at(column.names);
  const first = column.names.find((name) => names.includes(name));
  if (first !== undefined) return at([first]);
  const neighbour = columns[column.unnamedBehind ?? ''];
  const [place] = neighbour === undefined ? [] : placesOf(names, neighbour, columns);
  return place !== undefined && names[place + 1] === '' ? [place + 1] : [];
}

/** Whether a file that begins like this has the layout's header; `least`: and a column in it at least so many times. */
export function hasHeader(start: string, layout: Layout, least?: { column: string; times: number }): boolean {
  const { columns } = folded(layout);
  const records = start.split('\n').slice(0, PREAMBLE_RECORDS_MAX);
  const header = records.map((text) => headerOf(text, columns)).find((found) => found !== null);
  return header !== undefined && (least === undefined || (header.places[least.column]?.length ?? 0) >= least.times);
}

/**
 * Reads a table with what stands around it. Columns are found by name and may stand in any order; a header and a preamble
 * that come again on the next page are passed over, and so are page numbers; whatever else is not a row of the table or
 * a labelled fact is unreadable.
 * @throws exit 2 when no line names each needed column once
 */
export async function* readTable<K extends string, L extends string>(
  stream: ByteStream,
  named: Layout<K, L>,
): AsyncGenerator<TableEvent<K, L>, void, undefined> {
  const layout = folded(named);
  const preamble: RawRecord[] = [];
  const known = new Set<string>();
  let header: Header | null = null;
  for await (const record of rawRecords(utf8OrWindows(stream))) {
    if (header !== null) {
      if (!known.has(record.text.trim())) yield* eventsOf(record, header, layout);
      continue;
    }
    header = headerOf(record.text, layout.columns);
    known.add(record.text.trim());
    if (header === null) preamble.push(record);
    else for (const earlier of preamble) yield* factsBefore(earlier, header, layout);
    if (preamble.length > PREAMBLE_RECORDS_MAX) break;
  }
  if (header === null) throw refuse(noHeader(named));
}

function noHeader({ bank, columns }: Layout): string {
  const names = Object.values(columns).flatMap((column) => (column.needed ? (column.names[0] ?? []) : []));
  return `not a ${bank}: no line names each of the columns ${names.join(', ')} (or their other names) once`;
}

function* factsBefore<K extends string, L extends string>(
  { line, text }: RawRecord,
  { separator }: Header,
  layout: Layout<K, L>,
): Generator<TableEvent<K, L>> {
  // A preamble is free text: a name with a stray quote in it is no reason to refuse the statement.
  const fact = labelled(splitFields(text, separator) ?? [text], layout);
  if (fact !== null) yield { kind: 'label', line, ...fact, cells: null };
}

function* eventsOf<K extends string, L extends string>(
  record: RawRecord,
  header: Header,
  layout: Layout<K, L>,
): Generator<TableEvent<K, L>> {
  const { line } = record;
  const fields = fieldsOf(record, header.separator).map((field) => field.trim());
  // Spreadsheets fill up with rows of nothing but separators.
  if (fields.every((field) => field === '')) return;
  const fits = fields.length >= header.width && fields.slice(header.width).every((field) => field === '');
  const cells = fits ? cellsOf<K>(fields, header) : null;
  const fact = factIn(fields, cells, layout);
  if (fact !== null) yield { kind: 'label', line, ...fact, cells };
  else if (cells !== null && cells[layout.date] !== '') yield { kind: 'row', line, cells };
  else if (isPageFooter(fields)) return;
  else if (cells !== null) yield { kind: 'row', line, cells };
  else yield { kind: 'unreadable', line, why: `it does not have ${header.width} columns as the header has` };
}

/**
 * The fact that a record behind the header states; null: none. A row with a date is an entry, but spreadsheets fill up
 * footers with empty cells: then the label itself stands where the date would.
 */
function factIn<K extends string, L extends string>(
  fields: readonly string[],
  cells: Cells<K> | null,
  layout: Layout<K, L>,
): { label: L; values: string[] } | null {
  const date = cells?.[layout.date] ?? '';
  const standsInDate = date === fields.find((field) => field !== '');
  const fact = date === '' || standsInDate ? labelled(fields, layout) : null;
  if (fact !== null || cells === null || layout.named === undefined) return fact;
  const { column, anywhere, dated, undated } = layout.named;
  const texts = anywhere ? onlyText(fields) : [cells[column]];
  const names = texts.map((text) => fold(text.replace(/[\s:=]+$/, '')));
  const label = (date === '' ? undated : dated).find((key) => names.some((name) => layout.labels[key].includes(name)));
  return label === undefined ? null : { label, values: [] };
}

/** The one text of a row that has nothing else but numbers and times; a text of several is a row of something. */
function onlyText(fields: readonly string[]): readonly string[] {
  const texts = fields.filter((field) => /[A-Za-z]/.test(field));
  return texts.length === 1 ? texts : [];
}

function cellsOf<K extends string>(fields: readonly string[], { places }: Header): Cells<K> {
  const cells = Object.entries(places).map(([key, at]) => [key, textAt(fields, at)]);
  return Object.fromEntries(cells) as Cells<K>;
}

function textAt(fields: readonly string[], places: readonly number[]): string {
  const texts = places.map((place) => fields[place] ?? '').filter((text) => text !== '');
  return texts.join(' ');
}

/** `Saldo Awal : 1,000.00`, `Saldo Awal,1,000.00` and `Saldo Awal,=,1000`; null: no fact that the layout names. */
function labelled<K extends string, L extends string>(
  fields: readonly string[],
  { labels }: Layout<K, L>,
): { label: L; values: string[] } | null {
  const [first = '', ...others] = fields.map((field) => field.trim()).filter((field) => field !== '');
  const [, before, behind] = /^([^:=]*?)\s*[:=]\s*(.*)$/.exec(first) ?? [undefined, first, ''];
  const name = fold(before ?? '');
  const label = (Object.keys(labels) as L[]).find((key) => labels[key].includes(name));
  if (label === undefined) return null;
  return { label, values: [behind ?? '', ...others].filter((value) => !/^[:=]?$/.test(value)) };
}

function isPageFooter(fields: readonly string[]): boolean {
  const [only, second] = fields.filter((field) => field !== '');
  return only !== undefined && second === undefined && PAGE_FOOTERS.some((footer) => footer.test(only));
}
