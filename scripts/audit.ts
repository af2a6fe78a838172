import { firstBrokenLink } from '../db/audit.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';

/** `audit verify`: exit 3 naming the first row that does not fit the chain. */
export function auditVerify(): Promise<Report> {
  return withOffice(async ({ db }) => {
    const { rows, broken } = await firstBrokenLink(db);
    if (broken === null)
      return done({ ok: true, rows }, `The audit log is whole: ${rows} rows, each with the hash of the one before.`);
    return needsPerson(
      { ok: false, rows, broken },
      `The audit log was changed: row ${broken} does not fit the chain after ${rows} good rows.`,
    );
  });
}
