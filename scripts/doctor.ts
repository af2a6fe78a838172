import { sql } from 'kysely';
import { runChecks } from '../db/doctor.ts';
import { count } from '../db/doctor-check.ts';
import { spokenSeconds } from '../jobs/time.ts';
import { compareKkKey } from '../workers/runtime/keys.ts';
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

/** A wrong key is exit 2 before this is asked. Here nothing is written: the first key that is used is kept, not the first looked at. */
async function keys({ db, config }: Office) {
  const { key, isKept } = await compareKkKey(db, config);
  const check = (ok: boolean, detail: string) => ({ name: 'keys', ok, detail });
  if (!isKept)
    return check(true, 'no fingerprint of a KK key is kept yet; the first batch with a household cap keeps it');
  if (key !== undefined) return check(true, 'the KK key is the one this database began with');
  const capped = await count(
    db,
    sql`select from batches join policies using (policy_id) where (body -> 'assignment' ->> 'kk_cap')::int > 0`,
  );
  return capped > 0
    ? check(false, 'KK_TOKEN_KEY must be set to close a batch with a household cap: this host has no key')
    : check(true, 'this database has a KK key and this host has none; no batch needs it so far');
}
