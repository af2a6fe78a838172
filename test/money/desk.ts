import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bank } from './bank.ts';
import { type Booked, type BookedLine, bookBulk, bulksOf, type DeliveredLine } from './bookings.ts';
import type { Plan, StatementFault } from './plan.ts';

/** What the office has been given, told to the judge: the latest form of each day, and what we spoiled. */
export interface Delivered {
  readonly days: readonly { readonly day: string; readonly gap: boolean }[];
  readonly lines: readonly DeliveredLine[];
  readonly spoiled: readonly { readonly reference: string; readonly day: string; readonly fault: StatementFault }[];
}

interface Day {
  readonly text: string;
  readonly lines: readonly DeliveredLine[];
  /** Its closing is not what the bank's next opening says. */
  readonly gap: boolean;
}

/** Fetches statements, and has them say what the plan spoils: each time the same, whoever fetches and how often. */
export class Desk {
  private readonly bank: Bank;
  private readonly plan: Plan;
  private readonly dir: string;
  private files = 0;
  private readonly days = new Map<string, Day>();
  private readonly lines = new Map<string, DeliveredLine>();
  /** By the bank's reference of the debit, in the order in which they were first shown. */
  private readonly fates = new Map<string, { reference: string; day: string; fault: StatementFault | undefined }>();

  constructor(bank: Bank, plan: Plan, dir: string) {
    this.bank = bank;
    this.plan = plan;
    this.dir = dir;
  }

  /** Fetches days, those apart on which nothing was and of which nothing is asked; returns one file, or one a day. */
  async fetch(from: string, to: string, asked: ReadonlySet<string>, apart = false): Promise<string[]> {
    if (from > to) return [];
    const text = await this.bank.statement(from, to);
    if (this.plan.format === 'bni-csv') return [this.keepCsv(text, from, to)];
    const [head = '', ...rest] = text.split('<Stmt>');
    const days = rest.map((part) => this.camtDay(`<Stmt>${part.split('</Stmt>')[0]}</Stmt>`, asked));
    const given = days.filter((day) => day !== undefined);
    const file = (parts: readonly Day[]) => this.write(`${head}${parts.map((day) => day.text).join('\n')}${FOOT}`);
    if (given.length === 0) return [];
    return apart ? given.map((day) => file([day])) : [file(given)];
  }

  delivered(): Delivered {
    const fates = [...this.fates.values()];
    return {
      days: [...this.days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, { gap }]) => ({ day, gap })),
      lines: [...this.lines.values(), ...[...this.days.values()].flatMap(({ lines }) => lines)],
      spoiled: fates.flatMap(({ reference, day, fault }) => (fault ? [{ reference, day, fault }] : [])),
    };
  }

  private write(text: string): string {
    const path = join(this.dir, `statement-${++this.files}`);
    writeFileSync(path, text);
    return path;
  }

  private keepCsv(text: string, from: string, to: string): string {
    for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS)
      this.days.set(new Date(at).toISOString().slice(0, 10), { text: '', lines: [], gap: false });
    for (const line of csvLines(text)) this.lines.set(`${line.bank_reference} ${line.direction}`, line);
    return this.write(text);
  }

  private camtDay(text: string, asked: ReadonlySet<string>): Day | undefined {
    const day = /<FrDtTm>(.{10})/.exec(text)?.[1] ?? '';
    const entries = text.match(ENTRY) ?? [];
    if (entries.length === 0 && !asked.has(day)) return undefined;
    const shown = this.show(entries);
    const missing_idr = sumOf(entries) - sumOf(shown.map((one) => one.text));
    const [before, after = ''] = text.split(/(?=<\/Stmt>)/);
    const head = (before ?? '').replaceAll(ENTRY, '').trimEnd();
    const made = {
      text: `${closedAt(head, missing_idr)}\n${shown.map((one) => one.text).join('')}${after}`,
      lines: shown.flatMap((one) => one.lines),
      gap: missing_idr !== 0n,
    };
    this.days.set(day, made);
    return made;
  }

  /** The day's entries, with those that the bank books together in one. */
  private show(entries: readonly string[]): Booked[] {
    const { booking } = this.plan;
    if (booking === 'each') return entries.flatMap((entry) => this.spoil(entry));
    const bank = this.bankLines();
    const debits = entries.map(camtLine).filter(({ direction }) => direction === 'debit');
    const bulks = bulksOf(bank, new Set(debits.map(({ bank_reference }) => bank_reference)));
    const together = new Set([...bulks.values()].flat().map(({ bank_reference }) => bank_reference));
    const alone = entries.filter((entry) => {
      const { direction, bank_reference } = camtLine(entry);
      return direction === 'credit' || !together.has(bank_reference);
    });
    const inBulk = [...bulks].flatMap(([bulkId, lines]) => {
      const [{ bank_reference = '', value_date: day = '' } = {}] = lines;
      const { fault } = this.fates.get(bank_reference) ?? this.decide({ reference: bulkId, bank_reference, day });
      return bookBulk(bank, bulkId, lines, booking, fault);
    });
    return [...alone.flatMap((entry) => this.spoil(entry)), ...inBulk];
  }

  private spoil(entry: string): Booked[] {
    const line = camtLine(entry);
    const as = (text: string): Booked => ({ text, lines: [camtLine(text)] });
    if (line.direction === 'credit') return [as(entry)];
    const { fault } = this.fates.get(line.bank_reference) ?? this.decide(line);
    switch (fault) {
      case 'missing':
        return [];
      case 'doubled':
        return [as(entry), as(entry)];
      case 'wrong_amount':
        return [as(entry.replaceAll(`>${line.amount_idr}.00<`, `>${BigInt(line.amount_idr) + 1n}.00<`))];
      case 'wrong_reference':
        return [as(entry.replaceAll(line.reference, anotherLike(line.reference)))];
      default:
        return [as(entry)];
    }
  }

  /** What the bank has spoiled itself is left alone: one fault at a time can be told from another. */
  private decide({ reference, bank_reference, day }: Pick<DeliveredLine, 'reference' | 'bank_reference' | 'day'>) {
    const spoiledByBank = this.bankEffects().has(reference);
    const nth = this.fates.size + 1;
    const fault = spoiledByBank ? undefined : this.plan.statement.find((one) => one.nth === nth)?.fault;
    const fate = { reference, day, fault };
    this.fates.set(bank_reference, fate);
    return fate;
  }

  /** References of what the bank did wrong, and ids of bulks with it. */
  private bankEffects(): Set<string> {
    const wrong = this.bankLines().filter(({ effect }) => effect !== undefined);
    return new Set(wrong.flatMap(({ reference, bulk_id }) => (bulk_id ? [reference, bulk_id] : [reference])));
  }

  private bankLines(): BookedLine[] {
    const lines = readFileSync(join(this.dir, 'bank.ndjson'), 'utf8').split('\n');
    return lines.filter((text) => text !== '').map((text): BookedLine => JSON.parse(text));
  }
}

const DAY_MS = 86_400_000;
const ENTRY = /<Ntry>.*?<\/Ntry>\n?/gs;
const FOOT = '\n</BkToCstmrStmt></Document>\n';

function camtLine(entry: string): DeliveredLine {
  const of = (pattern: RegExp) => pattern.exec(entry)?.[1] ?? '';
  return {
    day: of(/<BookgDt><Dt>(.{10})/),
    reference: of(/<EndToEndId>(.*?)</),
    bank_reference: of(/<AcctSvcrRef>(.*?)</),
    direction: of(/<CdtDbtInd>(.*?)</) === 'DBIT' ? 'debit' : 'credit',
    amount_idr: of(/<Amt Ccy="IDR">(\d+)/),
    account: of(/<CdtrAcct><Id><Othr><Id>(.*?)</),
  };
}

/** A reference as we make them, and nobody has made this one. */
function anotherLike(reference: string): string {
  return `${reference.slice(0, -1)}${reference.endsWith('A') ? 'B' : 'A'}`;
}

function sumOf(entries: readonly string[]): bigint {
  return entries.reduce((sum, entry) => {
    const { direction, amount_idr } = camtLine(entry);
    return sum + (direction === 'debit' ? -BigInt(amount_idr) : BigInt(amount_idr));
  }, 0n);
}

/** The day's closing balance, less what is missing of its entries: no statement contradicts itself. */
function closedAt(head: string, missing_idr: bigint): string {
  return head.replace(
    /(<Cd>CLBD<\/Cd><\/CdOrPrtry><\/Tp><Amt Ccy="IDR">)(\d+)/,
    (_, before: string, amount: string) => `${before}${BigInt(amount) - missing_idr}`,
  );
}

function csvLines(text: string): DeliveredLine[] {
  return text.split('\r\n').flatMap((row) => {
    const match = /^(\d\d)\/(\d\d)\/(\d\d) .*,(\d*),"(TRF|RETUR)\/([^/]*)\/([^/]*)\/.*","([\d,.]*)","([\d,.]*)"$/.exec(
      row,
    );
    if (!match) return [];
    const [, date, month, year, journal = '', type, reference = '', account = '', debit = '', credit = ''] = match;
    const direction = type === 'TRF' ? ('debit' as const) : ('credit' as const);
    const amount_idr = (direction === 'debit' ? debit : credit).replaceAll(',', '').split('.')[0] ?? '';
    return [{ day: `20${year}-${month}-${date}`, reference, bank_reference: journal, direction, amount_idr, account }];
  });
}
