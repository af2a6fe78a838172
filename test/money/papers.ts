import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addHours, wibDate } from '../../jobs/time.ts';
import { ACCOUNTS, account, nik } from '../helpers/payees.ts';
import type { Bank } from './bank.ts';
import type { Command } from './commands.ts';
import { type Delivered, Desk } from './desk.ts';
import type { Deed, Fetching, Plan } from './plan.ts';
import { BEGINS } from './town.ts';

const DAY_HOURS = 24;

/** How far the office had come with its papers: a restore goes back to it. */
export interface Bookmark {
  readonly fetchedUntil: string;
  readonly files: number;
}

/** The files that come to the office: accounts and lists, and the bank's statements. */
export class Papers {
  private readonly plan: Plan;
  private readonly dir: string;
  private readonly desk: Desk;
  private readonly files: Command[] = [];
  private lastStatements: string[] = [];
  private fetchedUntil = '';
  /** Days on which something was sent, or may have been: their statements are wanted though they be empty. */
  private readonly asked = new Set<string>();

  constructor(bank: Bank, plan: Plan, dir: string) {
    this.plan = plan;
    this.dir = dir;
    this.desk = new Desk(bank, plan, dir);
  }

  /** A file about one person, as the command that imports it. */
  about(deed: Extract<Deed, { kind: 'account' | 'exclude' }>, now: Date): Command {
    const file = join(this.dir, `file-${this.files.length}.csv`);
    const lines = deed.kind === 'account' ? this.accounts(deed, now) : exclusions(deed, now);
    writeFileSync(file, `${lines.join('\n')}\n`);
    const command: Command = { name: 'import', kind: deed.kind === 'account' ? 'accounts' : 'exclusions', file };
    this.files.push(command);
    return command;
  }

  /** Another number, or the old one that was closed. */
  private accounts({ person, status }: Extract<Deed, { kind: 'account' }>, now: Date): string[] {
    const cells = account(person, { linked_at: now.toISOString(), status }).split(',');
    if (status === 'active')
      cells[4] = `0099${String(this.files.length).padStart(3, '0')}${String(person).padStart(3, '0')}`;
    return [ACCOUNTS, cells.join(',')];
  }

  /** Something may be at the bank since this day. */
  asks(day: Date): void {
    this.asked.add(wibDate(day));
  }

  /** The office has said that it wants the statements of these days. */
  want(days: readonly string[]): void {
    for (const day of days) this.asked.add(day);
  }

  bookmark(): Bookmark {
    return { fetchedUntil: this.fetchedUntil, files: this.files.length };
  }

  /** Back to a bookmark: returns what is to be imported again. */
  back({ fetchedUntil, files }: Bookmark): readonly Command[] {
    this.fetchedUntil = fetchedUntil;
    return this.files.slice(files);
  }

  /** Statements as files, in the order in which they are to be reconciled; none when there is nothing to fetch. */
  async statements(fetching: Fetching, now: Date): Promise<readonly string[]> {
    if (fetching === 'again' && this.lastStatements.length > 0) return this.lastStatements;
    if (fetching === 'torn') return this.torn();
    const yesterday = wibDate(addHours(now, -DAY_HOURS));
    const to = this.plan.intraday ? wibDate(now) : yesterday;
    const first = wibDate(new Date(BEGINS));
    const from = fetching === 'all' || this.fetchedUntil === '' ? first : nextDay(this.fetchedUntil);
    const files = await this.desk.fetch(from, to, this.asked, fetching === 'backwards');
    if (files.length > 0) this.lastStatements = files;
    if (yesterday > this.fetchedUntil) this.fetchedUntil = yesterday;
    return fetching === 'backwards' ? files.toReversed() : files;
  }

  /** The last file that has a payment, without the payment, though its balances still say that there was one. */
  private torn(): readonly string[] {
    for (const path of this.lastStatements) {
      const text = readFileSync(path, 'utf8');
      const torn = text.replace(/<Ntry>[^\n]*<\/Ntry>\n|^[^\n]*"TRF\/[^\n]*\n/m, '');
      if (torn === text) continue;
      writeFileSync(`${path}-torn`, torn);
      return [`${path}-torn`];
    }
    return [];
  }

  delivered(): Delivered {
    return this.desk.delivered();
  }
}

function exclusions({ person, days }: Extract<Deed, { kind: 'exclude' }>, now: Date): string[] {
  const until = wibDate(addHours(now, days * DAY_HOURS));
  return ['list,nik,valid_from,valid_to,source', `asn,${nik(person)},${wibDate(now)},${until},BKN`];
}

function nextDay(day: string): string {
  return wibDate(addHours(new Date(`${day}T00:00:00+07:00`), DAY_HOURS));
}
