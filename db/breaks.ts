import { sql } from 'kysely';
import { refuse } from '../jobs/errors.ts';
import { audit } from './audit.ts';
import type { Db, Tx } from './connection.ts';
import { MEETS_OVERLAPPED, PREVIOUS } from './statement-chain.ts';

export interface OpenBreak {
  readonly break_id: string;
  readonly type: string;
  readonly reference: string | null;
  /** Whole rupiah, as text. */
  readonly amount_idr: string | null;
  readonly statement_id: string | null;
  readonly statement_line: string | null;
  readonly age_days: number;
  readonly assigned_to: string | null;
}

export interface BreakFilter {
  readonly type?: string | undefined;
  readonly assignedTo?: string | undefined;
  /** The WIB date to which the age counts. */
  readonly today: string;
  readonly limit: number;
}

/** Open breaks, the oldest first. */
export async function readOpenBreaks(db: Db, { type, assignedTo, today, limit }: BreakFilter): Promise<OpenBreak[]> {
  const { rows } = await sql<OpenBreak>`
    select break_id, type, reference, amount_idr, statement_id, statement_line, greatest(0, ${today}::date - opened_on) as age_days, assigned_to
    from breaks where state = 'open' and (${type ?? null}::text is null or type = ${type ?? null})
      and (${assignedTo ?? null}::text is null or assigned_to = ${assignedTo ?? null})
    order by opened_on, break_id limit ${limit}`.execute(db);
  return rows;
}

/** @throws exit 2 when there is no such open break */
export async function assignBreak(tx: Tx, id: string, to: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('breaks')
    .set({ assigned_to: to })
    .where('break_id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (!numUpdatedRows) throw refuse(`no open break has the number ${id}`);
}

/** Closes a break by a person's word; the ledger and the instalment stay as they are. @throws exit 2 when it is not open */
export async function resolveBreak(tx: Tx, id: string, by: string, note: string, now: Date): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('breaks')
    .set({ state: 'resolved', resolved_by: by, note, resolved_at: now })
    .where('break_id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (!numUpdatedRows) throw refuse(`no open break has the number ${id}`);
}

/** Who closes a gap that is none any more. */
const RECONCILE = 'reconcile';

/**
 * Closes the gaps, on the accounts of these statements, whose missing statement has come by now: only where the balances
 * meet, to the sen. Every other break waits for a person. Returns how many.
 */
export async function closeFilledGaps(tx: Tx, statementIds: readonly string[], now: Date): Promise<number> {
  const { rows } = await sql<{ id: string; statement: string }>`
    update breaks b set state = 'resolved', resolved_by = ${RECONCILE}, resolved_at = ${now},
      note = 'statement ' || p.statement_id || ' came, and closes where this one begins'
    from statements s cross join lateral ${PREVIOUS} p
    where b.type = 'statement_gap' and b.state = 'open' and s.statement_id = b.statement_id and (p.closing = s.opening or ${MEETS_OVERLAPPED})
      and s.account in (select account from statements where statement_id = any(${statementIds}::bigint[]))
    returning b.break_id as id, p.statement_id as statement`.execute(tx);
  for (const { id, statement } of rows)
    await audit(tx, {
      who: RECONCILE,
      action: 'break resolve',
      subject: `break ${id}`,
      note: `statement ${statement} fills the gap`,
    });
  return rows.length;
}
