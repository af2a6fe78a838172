import { walkChain } from '../db/audit.ts';
import { comparedDeeds, deedsWithoutRow, missingDeeds } from '../db/audited-deeds.ts';
import { refuse } from '../jobs/errors.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';

const MISSING_MAX = 100;

export interface VerifyOptions {
  /** A head that an earlier `audit verify` or a signed report has told. */
  readonly head?: string;
}

/**
 * `audit verify [--head HASH]`: exit 3 naming what does not fit: a row and the chain, a deed of the tables and the log, either
 * way round, or a head that was kept.
 */
export function auditVerify({ head: kept }: VerifyOptions = {}): Promise<Report> {
  if (kept !== undefined && !/^[0-9a-f]{64}$/.test(kept)) throw refuse('--head must be 64 hexadecimal digits');
  return withOffice(async ({ db }) => {
    const { rows, broken, head, hasHead } = await walkChain(db, kept);
    const missing = await missingDeeds(db, MISSING_MAX);
    const rowless = await deedsWithoutRow(db, MISSING_MAX);
    const ok = broken === null && missing.length === 0 && rowless.length === 0 && hasHead !== false;
    const json = {
      ok,
      rows,
      head,
      broken,
      missing,
      without_row: rowless,
      ...(hasHead === null ? {} : { has_head: hasHead }),
    };
    if (ok)
      return done(
        json,
        `The audit log is whole: ${rows} rows, each with the hash of the one before.`,
        `It and the tables tell the same, either way round, of: ${comparedDeeds}.`,
        hasHead
          ? 'The head that was kept is one of its rows.'
          : 'Without --head a log that was written anew whole, or cut at its end, is not found.',
        `Its head is ${head}: keep it outside of this database.`,
      );
    return needsPerson(
      json,
      ...(broken === null
        ? []
        : [`The audit log was changed: row ${broken} does not fit the chain after ${rows} good rows.`]),
      ...missing.map(
        ({ action, subject }) =>
          `The audit log has no row for "${action}" of ${subject}, or one that tells it otherwise: another name, number or amount.`,
      ),
      ...rowless.map(
        ({ action, subject }) =>
          `The tables have no row for "${action}" of ${subject}, which the audit log has, or one that tells it otherwise.`,
      ),
      ...(hasHead === false
        ? ['The head that was kept is no row of this log: it was written anew or cut off since.']
        : []),
    );
  });
}
