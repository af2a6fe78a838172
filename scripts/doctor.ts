import { runChecks } from '../db/doctor.ts';
import { registryUse } from '../db/status.ts';
import { PrakerjaError } from '../jobs/errors.ts';
import { wibDate } from '../jobs/time.ts';
import { kkTokenKey } from '../workers/runtime/keys.ts';
import type { Office } from '../workers/runtime/office.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';

/** `doctor`: proves conservation and looks for what is stuck; exit 3 when a check fails. */
export function doctor(): Promise<Report> {
  return withOffice(diagnose);
}

/** The same for a caller that already has an office: the demo. */
export async function diagnose(office: Office): Promise<Report> {
  const { db, config } = office;
  const checks = [...(await runChecks(db, config.now())), await quota(office), await keys(office)];
  const ok = checks.every((check) => check.ok);
  const lines = checks.map((check) => `${check.ok ? 'ok   ' : 'FAIL '} ${check.name.padEnd(14)} ${check.detail}`);
  if (ok) return done({ ok, checks }, ...lines, 'Everything adds up.');
  return needsPerson(
    { ok, checks },
    ...lines,
    'Something needs a person; docs/runbook.md says what to do for each check.',
  );
}

async function quota({ db, config }: Office) {
  const { used } = await registryUse(db, wibDate(config.now()));
  const limit = config.registryDailyQuota;
  return {
    name: 'quota',
    ok: limit === undefined || used < limit,
    detail: `${used} registry calls today${limit === undefined ? ', no daily quota is set' : ` of ${limit}`}`,
  };
}

async function keys({ db, config }: Office) {
  try {
    await kkTokenKey(db, config);
    return { name: 'keys', ok: true, detail: 'the KK key is the one this database began with' };
  } catch (error) {
    if (!(error instanceof PrakerjaError)) throw error;
    return { name: 'keys', ok: false, detail: error.message };
  }
}
