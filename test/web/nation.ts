import { sql } from 'kysely';
import type { Database } from '../../db/connection.ts';
import type { ConsoleOffice } from '../../web/snapshot.ts';
import { readConfig } from '../../workers/runtime/config.ts';
import { createLog } from '../../workers/runtime/log.ts';

const NOW = '2020-09-15T12:00:00+07:00';

/** What no page may ever say: the values that `fill` gives everybody. */
export const personal = {
  name: 'Siti Rahayu',
  mother: 'Sri Lestari',
  email: 'orang',
  phone: '0812',
  nik: '327301010190',
};

/** An office over a test's database, configured as the environment would. */
export function officeOf(database: Database, environment: Record<string, string> = {}): ConsoleOffice {
  const config = readConfig({ DATABASE_URL: database.url, PRAKERJA_NOW: NOW, LOG_LEVEL: 'silent', ...environment });
  return { db: database.db, config, log: createLog(config.logLevel) };
}

/** A verdict for registrations `from` to `to`. */
async function verdicts(database: Database, stage: string, from: number, to: number, outcome: string, reason = '') {
  await sql`
    insert into ${sql.table(`verdicts_${stage}`)} (reg, outcome, reason, policy_id, chunk_id)
    select reg, ${outcome}, ${reason}, 1, 1 from generate_series(${from}::int, ${to}::int) reg`.execute(database.db);
}

/** 1,500 registrations in every state the page can show; each test names the figures it looks for. */
export async function fill(database: Database): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(database.db);
  await run(`
    insert into loads (kind, file_name) values ('registrations', 'r.csv');
    insert into policies (version, name, body) values (repeat('a', 64), 'test', '{}');
    insert into runs (policy_id) values (1);
    insert into registrations (reg, registration_id, registered_at, nik, birth_date, load_id, sex, in_school, disability,
      province_code, kk_number, full_name, birth_place, mother_name, email, phone, employment, education)
    select i, 'R' || i, now(), ${personal.nik}0000::bigint + least(i, 1490), '1990-01-01', 1, 'P', false, false, '32',
      '${personal.nik}9999', '${personal.name}', 'Bandung', '${personal.mother}', '${personal.email}' || i || '@example.com',
      '${personal.phone}' || i, 'laid_off', 'sma' from generate_series(1, 1500) i;
    insert into people (nik, standing, registrations) select nik, min(reg), count(*) from registrations group by nik;`);
  await verdicts(database, 'dedupe', 1, 1490, 'passed');
  await verdicts(database, 'dedupe', 1491, 1500, 'rejected', 'duplicate_nik');
  await verdicts(database, 'email', 1, 1300, 'passed');
  await verdicts(database, 'email', 1301, 1400, 'rejected', 'email_hard_bounce');
  await verdicts(database, 'email', 1401, 1460, 'waiting', 'email_mailbox_full');
  await verdicts(database, 'dukcapil', 1, 1200, 'passed');
  await verdicts(database, 'dukcapil', 1201, 1270, 'rejected', 'kk_mismatch');
  await verdicts(database, 'dukcapil', 1271, 1290, 'parked', 'nik_duplicate_record');
  await verdicts(database, 'dukcapil', 1291, 1300, 'waiting', 'registry_timeout');
  await verdicts(database, 'layer3', 1, 1100, 'passed');
  await verdicts(database, 'layer3', 1101, 1150, 'rejected', 'under_age');
  await verdicts(database, 'layer3', 1151, 1180, 'rejected', 'excluded_asn');
  await verdicts(database, 'layer3', 1181, 1200, 'waiting', 'phone_unverified');
  await fillBatches(run);
  await fillMoney(run);
}

async function fillBatches(run: (text: string) => Promise<unknown>): Promise<void> {
  await run(`
    insert into batches (batch, state, policy_id) values (4, 'confirmed', 1);
    insert into batches (batch, policy_id, closes) values (5, 1, '2020-09-20T23:59:00+07:00');
    insert into batch_quotas values (4, '32', 300), (4, '33', 200), (5, '32', 2500);
    insert into joins select 4, reg, now(), 1 from generate_series(1, 1000) reg;
    insert into joins select 5, reg, now(), 1 from generate_series(1001, 1007) reg;
    insert into pool (batch, reg, nik, province_code, track) select 4, reg, nik, '32', 'public' from registrations where reg <= 950;
    insert into selections select 4, reg, reg, case when reg <= 500 then 'selected' else 'waiting_list' end from generate_series(1, 950) reg;
    insert into participants (nik, reg, batch, decree, state, announced_on, entitlement_idr)
    select nik, reg, 4, 'SK-1', 'participant', '2020-08-20', 3550000 from registrations where reg <= 500;
    insert into training select reg, 4, 'purchased', 'T1', '2020-09-01', 1 from generate_series(1, 400) reg;
    insert into training select reg, 4, 'completed', 'T1', '2020-09-01', 1 from generate_series(1, 300) reg;
    insert into counterparts (name) values ('dukcapil');
    insert into counterpart_days (name, day, used) values ('dukcapil', '2020-09-15', 12345);
    insert into chunks (run_id, stage, lo, hi, state, n_in, n_passed, n_rejected, n_waiting, n_parked, started_at, done_at)
    values (1, 'dukcapil', 1, 400, 'done', 400, 400, 0, 0, 0, now() - interval '2 seconds', now());
    insert into chunks (run_id, stage, lo, hi, not_before, opened_at)
    values (1, 'email', 1461, 1490, now() - interval '5 minutes', now() - interval '6 minutes');
    insert into chunks (run_id, stage, lo, hi, state, error) values (1, 'email', 1, 4, 'failed', 'refused');
    insert into chunks (run_id, stage, lo, hi, state, lease_until, started_at)
    values (1, 'layer3', 1, 4, 'running', now() - interval '1 minute', now() - interval '2 minutes');`);
}

async function fillMoney(run: (text: string) => Promise<unknown>): Promise<void> {
  const instalments = (kind: string, amount: number, state: string, from: number, to: number, reason = '') => `
    insert into instalments (nik, reg, batch, kind, number, amount_idr, due_on, state, reason)
    select nik, reg, 4, '${kind}', 1, ${amount}, '2020-09-01', '${state}', '${reason}'
    from participants where reg between ${from} and ${to};`;
  await run(
    [
      instalments('incentive', 600_000, 'paid', 1, 250),
      instalments('incentive', 600_000, 'held', 251, 262, 'account_missing'),
      instalments('incentive', 600_000, 'held', 263, 264, 'excluded_asn'),
      instalments('incentive', 600_000, 'unknown', 265, 267),
      instalments('survey', 50_000, 'paid', 1, 40),
      `insert into breaks (type, key, amount_idr, opened_on) values
        ('missing_in_bank', 'a', 600000, '2020-09-05'), ('missing_in_bank', 'b', 600000, '2020-09-12');`,
      `insert into breaks (type, key, opened_on, state, resolved_by, note) values ('late', 'c', '2020-09-05', 'resolved', 'ayu', 'seen');`,
    ].join(''),
  );
}
