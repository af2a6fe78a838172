import { sql } from 'kysely';
import { canonicalJson, sha256Hex } from '../jobs/canonical.ts';
import type { Db, Tx } from './connection.ts';
import { isVerified } from './operators.ts';

/** What a person did. */
export interface Deed {
  readonly who: string;
  readonly action: string;
  readonly subject: string;
  readonly note: string;
  /** What the table's row says of the name, so that both say the same; unset: nobody has asked yet. */
  readonly verified?: boolean;
}

const FIRST = '0'.repeat(64);

/**
 * Adds a deed to the append-only log inside the transaction that does it. Each hash covers the row and the hash before
 * it; names are unverified until there are operators with tokens, and the row says so.
 */
export async function audit(tx: Tx, deed: Deed): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('prakerja audit'))`.execute(tx);
  const last = await tx.selectFrom('audit').select('hash').orderBy('audit_id', 'desc').limit(1).executeTakeFirst();
  const verified = deed.verified ?? (await isVerified(tx, deed.who));
  const row = { at: new Date(), ...deed, verified, previous: last?.hash ?? FIRST };
  await tx
    .insertInto('audit')
    .values({ ...row, hash: hashOf(row) })
    .execute();
}

interface Row extends Deed {
  readonly at: Date;
  readonly verified: boolean;
  readonly previous: string;
}

function hashOf({ at, who, verified, action, subject, note, previous }: Row): string {
  return sha256Hex(canonicalJson({ at: at.toISOString(), who, verified, action, subject, note, previous }));
}

/** What the chain says of itself. */
export interface Chain {
  readonly rows: number;
  /** The number of the first row that was changed, removed before, or put in; null: none. */
  readonly broken: string | null;
  /** The last row's hash, of which all before follow; whoever keeps it finds out when the log is written anew. */
  readonly head: string;
  /** Whether a head that was kept is a row of this log; null: none was given. */
  readonly hasHead: boolean | null;
}

/** Walks the chain. @param kept a head of before */
export async function walkChain(db: Db, kept?: string): Promise<Chain> {
  const PAGE = 10_000;
  let previous = FIRST;
  let after = '0';
  let rows = 0;
  let hasHead = kept === undefined ? null : kept === FIRST;
  for (;;) {
    const page = await db
      .selectFrom('audit')
      .selectAll()
      .where('audit_id', '>', after)
      .orderBy('audit_id')
      .limit(PAGE)
      .execute();
    for (const row of page) {
      if (row.previous !== previous || row.hash !== hashOf(row))
        return { rows, broken: row.audit_id, head: previous, hasHead };
      previous = row.hash;
      if (row.hash === kept) hasHead = true;
      rows++;
    }
    if (page.length < PAGE) return { rows, broken: null, head: previous, hasHead };
    after = (page.at(-1) as (typeof page)[number]).audit_id;
  }
}
