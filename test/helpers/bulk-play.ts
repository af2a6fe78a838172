import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { wibDate } from '../../jobs/time.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { startListener } from '../../scripts/payout-listen.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { type Debit, statement } from './camt.ts';
import { releasedRun, TODAY, type Town, town } from './payout.ts';

// A town whose bank books and tells what a plan says, and what is out by the lines of its statements alone.

const BULK = 'PRAKERJA-RUN-1';
const [ONE_IDR, ALL_IDR] = [600_000, 1_800_000];
export const HOUR_MS = 3_600_000;
export const PEOPLE = ['R1', 'R2', 'R3'];
const AT_BANK = ['submitting', 'unknown', 'accepted', 'paid'];

export interface Line {
  readonly what: 'whole' | 'rest' | 'wrong' | 'bulk_back' | 'own' | 'back';
  readonly person: string;
  /** The last order of the person; else the first. */
  readonly last: boolean;
}

/** A line of a statement as the model keeps it; `of`: the orders that a bulk debit was of. */
type Movement = Debit & { readonly key: string; readonly of: readonly string[] };
export type Instalment = { id: string; state: string; held: boolean; orders: string[] };
export type OpenOne = { key: string; type: string; reference: string | null; state: string };

export interface Play {
  readonly here: Town;
  /** At noon of TODAY and later, as `now` says. */
  readonly office: Office;
  readonly url: string;
  now: number;
  told: boolean;
  moved: Movement[];
  /** Day after the last statement, and the balance it ended with. */
  from: string;
  balance: number;
}

export async function begun(): Promise<Play> {
  const here = await town({ people: 3 });
  await writeRun(here.office, await releasedRun(here.office), { out: join(here.dir, 'run.xml') });
  const start = {
    here,
    url: '',
    now: Date.parse(`${TODAY}T12:00:00+07:00`),
    told: false,
    moved: [],
    from: TODAY,
    balance: 1e9,
  };
  const config = { ...here.office.config, now: () => new Date(play.now) };
  const play: Play = { ...start, office: { ...here.office, config } };
  const listener = await startListener(play.office, 0);
  onTestFinished(() => listener.close());
  return Object.assign(play, { url: listener.url });
}

export async function instalments({ here }: Play): Promise<Record<string, Instalment>> {
  const { rows } = await here.database.pool.query<Instalment & { person: string }>(`
    select registration_id as person, i.instalment_id as id, i.state, exists (select from payment_holds h where h.nik = i.nik) as held,
      array(select reference from payment_orders o where o.instalment_id = i.instalment_id order by order_number) as orders
    from instalments i join registrations using (reg)`);
  return Object.fromEntries(rows.map((row) => [row.person, row]));
}

export async function breaks({ here }: Play): Promise<OpenOne[]> {
  return (await here.database.pool.query<OpenOne>('select key, type, reference, state from breaks')).rows;
}

const isBulkDebit = ({ bulk, returned }: Movement) => bulk !== undefined && !returned;

/** Whole rupiah of an order that are out. A second bulk debit, or one that fits no sum, counts until a person has closed its break (0038). */
export function outOf(reference: string, { moved }: Play, all: readonly OpenOne[]): number {
  const signed = (of: (one: Movement) => boolean) =>
    moved.filter(of).reduce((sum, { idr, returned }) => sum + (returned ? -idr : idr), 0);
  const closed = new Set(
    all
      .filter(({ state, type }) => state !== 'open' && ['amount_mismatch', 'duplicate_debit'].includes(type))
      .map(({ key, type }) => `${type} ${key}`),
  );
  const first = moved.find(isBulkDebit);
  const counts = (one: Movement) =>
    isBulkDebit(one) &&
    one.of.includes(reference) &&
    !closed.has(`amount_mismatch ${one.key}`) &&
    (one === first || !closed.has(`duplicate_debit ${one.key}`));
  const times = Math.ceil(
    signed(({ bulk }) => bulk !== undefined) / Math.max(1, ...moved.filter(isBulkDebit).map(({ idr }) => idr)),
  );
  const share = moved.some(counts) ? ONE_IDR * Math.max(0, times) : 0;
  return share + signed((one) => one.reference === reference);
}

/**
 * Breaks that keep an instalment from being paid anew on purpose (0038): open ones about its orders or its bulk, and a
 * debit of the bulk that fitted no sum, which may hold what the bank has said it paid, whoever has closed the break.
 */
export function bars({ orders }: Instalment, { moved }: Play, all: readonly OpenOne[]): OpenOne[] {
  const bulk = new Set(moved.filter(({ bulk }) => bulk !== undefined).map(({ key }) => key));
  const ofOrder = ({ state, type, reference }: OpenOne) =>
    state === 'open' &&
    ['duplicate_debit', 'missing_in_ledger', 'amount_mismatch'].includes(type) &&
    reference !== null &&
    orders.includes(reference);
  const ofBulk = ({ state, type, key }: OpenOne) =>
    bulk.has(key) &&
    (type === 'amount_mismatch' || (state === 'open' && ['duplicate_debit', 'returned'].includes(type)));
  return all.filter((one) => ofOrder(one) || ofBulk(one));
}

export async function takeStatement(play: Play, lines: readonly Line[]): Promise<void> {
  const now = await instalments(play);
  const own = (one: Line) => now[one.person]?.orders.at(one.last ? -1 : 0) as string;
  const debited = [
    ...play.moved.filter((m) => !m.returned).map((m) => m.reference),
    ...lines.filter((l) => l.what === 'own').map(own),
  ];
  const everyone = Object.values(now);
  const open = everyone
    .filter(
      ({ state, orders }) => AT_BANK.includes(state) && orders.length === 1 && !debited.includes(orders[0] as string),
    )
    .map(({ orders }) => orders[0] as string);
  const wanted: Omit<Movement, 'key'>[] = [];
  for (const line of lines) {
    const { what } = line;
    const before = [...play.moved, ...wanted].filter((m) => m.bulk !== undefined && !m.returned);
    const again = before[PEOPLE.indexOf(line.person) % before.length];
    if (what === 'own' || what === 'back')
      wanted.push({ reference: own(line), idr: ONE_IDR, returned: what === 'back', of: [] });
    else if (what === 'whole')
      wanted.push({ bulk: BULK, idr: ALL_IDR, of: everyone.map(({ orders }) => orders[0] as string) });
    else if (what === 'wrong') wanted.push({ bulk: BULK, idr: 1_700_000, of: [] });
    else if (what === 'rest' && open.length > 0) wanted.push({ bulk: BULK, idr: ONE_IDR * open.length, of: open });
    else if (what === 'bulk_back' && again) wanted.push({ bulk: BULK, idr: again.idr, returned: true, of: [] });
  }
  await taken(play, wanted);
}

export async function taken(play: Play, wanted: readonly Omit<Movement, 'key'>[]): Promise<boolean> {
  const { here, office } = play;
  const today = wibDate(office.config.now());
  const path = join(here.dir, `${play.now}.xml`);
  const madeAt = new Date(play.now + 7 * HOUR_MS).toISOString().replace('.000Z', '+07:00');
  const text = statement(wanted, `S${play.now}`, play.balance, undefined, 'MADE')
    .replaceAll(TODAY, today)
    .replaceAll('MADE', madeAt);
  writeFileSync(path, text.replace(`<FrDtTm>${today}`, `<FrDtTm>${[play.from, today].sort()[0]}`));
  const { json } = await reconcileFiles(office, [path], undefined);
  const { rows } = await here.database.pool.query<{ key: string }>(`
    select statement_id || ':' || line as key from statement_lines where statement_id = (select max(statement_id) from statements) order by line`);
  if (wanted.length > 0) expect(rows).toHaveLength(wanted.length);
  play.moved.push(...wanted.map((one, i) => ({ ...one, key: rows[i]?.key as string })));
  play.balance -= wanted.reduce((sum, { idr, returned }) => sum + (returned ? -idr : idr), 0);
  play.from = wibDate(new Date(play.now + 24 * HOUR_MS));
  const { totals_equal } = json as { totals_equal: boolean };
  // The bank's word alone moves money in the ledger; whether a statement shows it is asked two working days later.
  if (!play.told && !totals_equal)
    expect(await breaks(play), 'the totals differ, and no break says why').not.toEqual([]);
  return totals_equal;
}
