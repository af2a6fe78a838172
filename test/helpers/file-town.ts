import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeReport } from '../../scripts/payout-statuses.ts';
import type { Office } from '../../workers/runtime/office.ts';
import { report } from '../workers/payout/files/report-writer.ts';
import { account, releasedRun, type Town, town } from './payout.ts';

export interface FileTown extends Town {
  readonly out: string;
  readonly run: string;
  /** The file in it, and the references in their order. */
  file(): string;
  references(): string[];
  /** Takes a report about the run, at the office's noon or at another moment. */
  report(parts: Parameters<typeof report>[0], office?: Office): ReturnType<typeof takeReport>;
  /** Whose order it is: `R1` to a reference. */
  referenceOf(registrationId: string): Promise<string>;
}

/** Three people, and a run that is released. */
export async function released(people = 3): Promise<FileTown> {
  const wallet = account(2, { channel: 'ewallet', provider: 'ovo', kyc: 'true' });
  const accounts = Array.from({ length: people }, (_, i) => (i === 1 ? wallet : account(i + 1)));
  const here = await town({ people, accounts });
  const out = join(here.dir, 'run.xml');
  const file = () => readFileSync(out, 'utf8');
  return {
    ...here,
    out,
    run: await releasedRun(here.office),
    file,
    references: () => [...file().matchAll(/<EndToEndId>(\w+)</g)].map(([, reference = '']) => reference),
    report: (parts, office = here.office) => {
      const path = join(here.dir, 'report.xml');
      writeFileSync(path, report(parts));
      return takeReport(office, path);
    },
    referenceOf: async (registrationId) => {
      const { rows } = await here.database.pool.query<{ reference: string }>(
        `select o.reference from payment_orders o join instalments i using (instalment_id) join registrations r using (reg)
         where registration_id = $1 order by o.order_number desc`,
        [registrationId],
      );
      return rows[0]?.reference ?? '';
    },
  };
}
