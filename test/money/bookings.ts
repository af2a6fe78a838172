import type { Booking, StatementFault } from './plan.ts';

// How a bank books what came to it together, in a file or in one call: not order by order, as the simulator's statements
// have it, but under the bulk's id.

/** A line of bank.ndjson, as far as bookings depend on it. */
export interface BookedLine {
  readonly reference: string;
  readonly account: string;
  readonly amount_idr: string;
  readonly debited: boolean;
  readonly value_date?: string;
  readonly bank_reference?: string;
  readonly bulk_id?: string;
  readonly effect?: string;
}

/** One line of a statement as it was handed to the office. */
export interface DeliveredLine {
  readonly day: string;
  /** Of an entry that is of many orders a line stands for each. */
  readonly reference: string;
  readonly bank_reference: string;
  readonly direction: 'debit' | 'credit';
  readonly amount_idr: string;
  readonly account: string;
  /** The id under which it was booked with others. */
  readonly bulk?: string;
}

/** An entry of a statement with what it is of. */
export interface Booked {
  readonly text: string;
  readonly lines: readonly DeliveredLine[];
}

/** What is shown with the others of its bulk; every other effect stands on the statement by itself. */
const TOGETHER = new Set([undefined, 'pending', 'returned', 'double_debit']);

/** Bulk ids to the lines that are debited under them on a day: as far as each is an entry of the day's statement. */
export function bulksOf(bank: readonly BookedLine[], shown: ReadonlySet<string>): Map<string, BookedLine[]> {
  const bulks = new Map<string, BookedLine[]>();
  for (const line of bank) {
    const { bulk_id, bank_reference = '', effect } = line;
    if (bulk_id === undefined || !shown.has(bank_reference) || !TOGETHER.has(effect)) continue;
    bulks.set(bulk_id, [...(bulks.get(bulk_id) ?? []), line]);
  }
  return bulks;
}

/** What the bank refused of a bulk. */
function refusedOf(bank: readonly BookedLine[], bulkId: string): BookedLine[] {
  return bank.filter(({ bulk_id, debited }) => bulk_id === bulkId && !debited);
}

/** The entries of a bulk on its day. */
export function bookBulk(
  bank: readonly BookedLine[],
  bulkId: string,
  lines: readonly BookedLine[],
  booking: Exclude<Booking, 'each'>,
  fault: StatementFault | undefined,
): Booked[] {
  const refused = booking === 'everything' ? refusedOf(bank, bulkId) : [];
  const half = booking === 'parts' ? Math.ceil(lines.length / 2) : lines.length;
  const parts = [[...lines.slice(0, half), ...refused], lines.slice(half)].filter((part) => part.length > 0);
  const debits = parts.flatMap((part, i) => {
    const debit = bulkEntry(bulkId, part, `${lines[0]?.bank_reference}-${i}`);
    if (i > 0 || fault === undefined || fault === 'wrong_reference') return [debit];
    if (fault === 'missing') return [];
    return fault === 'doubled' ? [debit, debit] : [withMore(debit)];
  });
  return [...debits, ...refused.map((line, i) => givenBack(line, lines[0] as BookedLine, i))];
}

function bulkEntry(bulkId: string, part: readonly BookedLine[], number: string): Booked {
  const [{ value_date: day = '' } = {}] = part;
  const idr = part.reduce((sum, { amount_idr }) => sum + BigInt(amount_idr), 0n);
  const details = `<Btch><PmtInfId>${bulkId}</PmtInfId><NbOfTxs>${part.length}</NbOfTxs></Btch>`;
  return {
    text: entryText({ idr, side: 'DBIT', day, number, details }),
    lines: part.map((line) => lineOf(line, day, number, 'debit', bulkId)),
  };
}

/** What was debited with the others and could not be carried out comes back by its reference. */
function givenBack(line: BookedLine, { value_date: day = '', bank_reference }: BookedLine, i: number): Booked {
  const number = `${bank_reference}-R${i}`;
  const details = `<TxDtls><Refs><EndToEndId>${line.reference}</EndToEndId></Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>`;
  return {
    text: entryText({ idr: BigInt(line.amount_idr), side: 'CRDT', day, number, details }),
    lines: [lineOf(line, day, number, 'credit')],
  };
}

/** A rupiah more than its orders are. */
function withMore({ text, lines }: Booked): Booked {
  return {
    text: text.replace(/(<Amt Ccy="IDR">)(\d+)/, (_, tag, idr) => tag + oneMore(idr)),
    lines: lines.map((line, i) => (i > 0 ? line : { ...line, amount_idr: oneMore(line.amount_idr) })),
  };
}

function oneMore(idr: string): string {
  return String(BigInt(idr) + 1n);
}

function lineOf(
  { reference, account, amount_idr }: BookedLine,
  day: string,
  bank_reference: string,
  direction: DeliveredLine['direction'],
  bulk?: string,
): DeliveredLine {
  return { day, reference, bank_reference, direction, amount_idr, account, ...(bulk && { bulk }) };
}

interface EntryParts {
  readonly idr: bigint;
  readonly side: 'DBIT' | 'CRDT';
  readonly day: string;
  readonly number: string;
  readonly details: string;
}

function entryText({ idr, side, day, number, details }: EntryParts): string {
  return `<Ntry><Amt Ccy="IDR">${idr}.00</Amt><CdtDbtInd>${side}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${day}</Dt></ValDt><AcctSvcrRef>${number}</AcctSvcrRef><NtryDtls>${details}</NtryDtls></Ntry>\n`;
}
