import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { to as copyTo } from 'pg-copy-streams';
import { fail } from '../jobs/errors.ts';
import type { Database } from './connection.ts';

export const exportNames = ['verdicts', 'history', 'participants', 'payouts', 'ledger', 'breaks', 'audit'] as const;
export type ExportName = (typeof exportNames)[number];

const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** The columns of contract sections 4 and 7, by name and in order; `history` and `audit` are ours. */
const queries: Readonly<Record<ExportName, string>> = {
  verdicts: `
    select r.registration_id, v.stage, v.outcome, nullif(v.reason, '') as reason, nullif(v.detail, '') as detail,
      ${iso('v.decided_at')} as decided_at, p.version as policy
    from verdicts v join registrations r on r.reg = v.reg join policies p on p.policy_id = v.policy_id
    order by r.registration_id, array_position(array['dedupe', 'email', 'dukcapil', 'layer3'], v.stage)`,
  // What was decided before and is no longer: an appeal asks for it, and so does a crash harness.
  history: `
    select r.registration_id, h.stage, h.outcome, nullif(h.reason, '') as reason, nullif(h.detail, '') as detail,
      ${iso('h.decided_at')} as decided_at, p.version as policy, ${iso('h.superseded_at')} as superseded_at, h.why
    from verdict_history h join registrations r on r.reg = h.reg join policies p on p.policy_id = h.policy_id
    order by r.registration_id, array_position(array['dedupe', 'email', 'dukcapil', 'layer3'], h.stage), h.superseded_at`,
  participants: `
    select r.registration_id, p.batch, p.decree, p.state, r.province_code
    from participants p join registrations r on r.reg = p.reg order by p.batch, r.registration_id`,
  payouts: `
    select i.instalment_id, r.registration_id, i.batch, i.kind, i.number, i.order_number, i.amount_idr,
      o.reference, i.state, nullif(i.reason, '') as reason, o.bank_reference, ${iso('o.submitted_at')} as submitted_at, ${iso('o.settled_at')} as settled_at
    from instalments i join registrations r on r.reg = i.reg
    left join payment_orders o on o.instalment_id = i.instalment_id and o.order_number = i.order_number
      and i.state not in ('due', 'prepared', 'released') -- the last order has failed, the next is not made: explain has them
    order by i.instalment_id`,
  ledger: `
    select entry_id, ${iso('at')} as at, transaction_id, account, debit_idr, credit_idr, reference
    from ledger_entries order by entry_id`,
  breaks: `
    select b.break_id, b.type, coalesce(b.reference, l.bulk_id) as reference, b.amount_idr, b.statement_line, b.state,
      (current_date - b.opened_on) as age_days
    from breaks b left join statement_lines l on (l.statement_id, l.line) = (b.statement_id, b.statement_line) order by b.break_id`,
  // Who did what, and whether their name was verified; ours.
  audit: `
    select audit_id, ${iso('at')} as at, who, verified, action, subject, note, previous, hash from audit order by audit_id`,
};

/**
 * Writes one export as CSV with a header, through a temporary name, so that a full disk or a kill never leaves a file
 * that looks whole. Returns the number of lines without the header.
 * @throws exit 1 when the file cannot be written; the database is untouched.
 */
export async function exportCsv({ pool }: Database, name: ExportName, path: string, today: string): Promise<number> {
  const partial = `${path}.partial`;
  const client = await pool.connect();
  try {
    const query = queries[name].replace('current_date', `date '${today}'`);
    const source = client.query(copyTo(`copy (${query}) to stdout with (format csv, header)`));
    await pipeline(source, createWriteStream(partial));
    const file = await open(partial, 'r+');
    await file.sync();
    await file.close();
    await rename(partial, path);
    client.release();
    return source.rowCount;
  } catch (cause) {
    client.release(true);
    await rm(partial, { force: true });
    throw fail(`${path} could not be written: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}
