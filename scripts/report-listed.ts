import { type PaidWhileListed, paidWhileListed } from '../db/paid-while-listed.ts';
import { refuse } from '../jobs/errors.ts';
import { formatRupiah } from '../jobs/money.ts';
import { type ExclusionList, exclusionLists } from '../jobs/policy.ts';
import { isDate, wibDate, wibTime } from '../jobs/time.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';
import { csvText } from './csv-text.ts';
import { writeWhole } from './draw-files.ts';

export interface ListedOptions {
  readonly list: string;
  readonly on?: string;
  readonly knownOn?: string;
  readonly out?: string;
}

/** `report paid-while-listed`: who was paid while on an exclusion list, and whether we knew; exit 3 when we did. */
export function paidListed({ list, on, knownOn, out }: ListedOptions): Promise<Report> {
  if (!(exclusionLists as readonly string[]).includes(list))
    throw refuse(`there is no list "${list}"; the lists are ${exclusionLists.join(', ')}`);
  for (const [option, day] of Object.entries({ '--on': on, '--known-on': knownOn })) {
    if (day !== undefined && !isDate(day)) throw refuse(`${option} must be a date, such as 2020-09-15`);
  }
  return withOffice(async ({ db }) => {
    const rows = await paidWhileListed(db, { list: list as ExclusionList, on, knownOn });
    const total = totalOf(rows);
    const returned = rows.filter(({ state }) => state === 'returned');
    const known = rows.filter((row) => row.known_when_paid);
    if (out !== undefined) await writeWhole(out, csvOf(rows));
    const json = {
      list,
      payments: rows.length,
      instalments: new Set(rows.map((row) => `${row.registration_id} ${row.batch} ${row.kind} ${row.number}`)).size,
      people: new Set(rows.map((row) => row.registration_id)).size,
      total_idr: String(total),
      returned: returned.length,
      returned_idr: String(totalOf(returned)),
      known_when_paid: known.length,
      ...(out === undefined ? { rows } : { file: out }),
    };
    const back = `${returned.length} of them, ${formatRupiah(totalOf(returned))}, came back`;
    const sentence = `${rows.length} payments, ${formatRupiah(total)}, went to ${json.people} people on the list ${list}; ${back}; of ${known.length} we knew when we paid.`;
    const file = out === undefined ? rows.map(lineOf) : [`They are in ${out}.`];
    return known.length > 0 ? needsPerson(json, sentence, ...file) : done(json, sentence, ...file);
  });
}

function totalOf(rows: readonly PaidWhileListed[]): bigint {
  return rows.reduce((sum, { amount_idr }) => sum + BigInt(amount_idr), 0n);
}

function lineOf(row: PaidWhileListed): string {
  const { received_at: at } = row;
  const knew = row.known_when_paid ? 'we knew' : `received on ${wibDate(at)} at ${wibTime(at)} WIB`;
  const days = `sent ${row.sent_on ?? 'before a restore'}, ${row.paid_on === null ? 'not settled' : `settled ${row.paid_on}`}`;
  return `  ${row.registration_id}  ${row.kind} ${row.number}  ${formatRupiah(BigInt(row.amount_idr))}  ${row.state}  ${days}  listed from ${row.valid_from} to ${row.valid_to ?? 'now'}: ${knew}`;
}

const COLUMNS =
  'registration_id,batch,kind,number,amount_idr,reference,paid_on,valid_from,valid_to,source,received_at,known_when_paid,sent_on,state';

function* csvOf(rows: readonly PaidWhileListed[]): Generator<string> {
  yield `${COLUMNS}\n`;
  for (const row of rows) {
    const payment = [row.registration_id, row.batch, row.kind, row.number, row.amount_idr, row.reference, row.paid_on];
    const entry = [row.valid_from, row.valid_to, csvText(row.source), row.received_at.toISOString()];
    yield `${[...payment, ...entry, row.known_when_paid, row.sent_on, row.state].join(',')}\n`;
  }
}
