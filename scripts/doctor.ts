import { runChecks } from '../db/doctor.ts';
import { PrakerjaError } from '../jobs/errors.ts';
import { spokenSeconds } from '../jobs/time.ts';
import { kkTokenKey } from '../workers/runtime/keys.ts';
import type { Office } from '../workers/runtime/office.ts';
import { registryStatus } from '../workers/runtime/status.ts';
import { done, needsPerson, type Report, withOffice } from './command.ts';

/** `doctor`: proves conservation and looks for what is stuck; exit 3 when a check fails. */
export function doctor(): Promise<Report> {
  return withOffice(diagnose);
}

/** The same for a caller that already has an office: the demo. */
export async function diagnose(office: Office): Promise<Report> {
  const { db, config } = office;
  const checks = [
    ...(await runChecks(db, config.now())),
    await quota(office),
    await registry(office),
    await keys(office),
  ];
  const ok = checks.every((check) => check.ok);
  const lines = checks.map((check) => `${check.ok ? 'ok   ' : 'FAIL '} ${check.name.padEnd(14)} ${check.detail}`);
  if (ok) return done({ ok, checks }, ...lines, 'Everything adds up.');
  return needsPerson(
    { ok, checks },
    ...lines,
    'Something needs a person; docs/runbook.md says what to do for each check.',
  );
}

async function quota(office: Office) {
  const { used_today, left_today } = await registryStatus(office, 0);
  return {
    name: 'quota',
    ok: left_today !== 0,
    detail: `${used_today} registry calls today, ${left_today === null ? 'no daily quota is known' : `${left_today} left`}`,
  };
}

async function registry(office: Office) {
  const { away_since, silent_seconds, is_silent } = await registryStatus(office, 0);
  const away = away_since
    ? `it does not answer since ${away_since}; one call in all tries`
    : 'it answers, or nobody asks';
  return {
    name: 'registry',
    ok: !is_silent,
    detail: is_silent ? `silent for ${spokenSeconds(silent_seconds)} while people wait; ${away}` : away,
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
