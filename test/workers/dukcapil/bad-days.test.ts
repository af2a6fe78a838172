import { describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../../db/connection.ts';
import { counterpartState, REGISTRY, setRate } from '../../../db/counterpart.ts';
import { requeue } from '../../../db/requeue.ts';
import { FAILURES_MAX } from '../../../jobs/breaker.ts';
import { decideAll } from '../../../scripts/run.ts';
import type { Office } from '../../../workers/runtime/office.ts';
import { sweep } from '../../../workers/runtime/sweeper.ts';
import { testDatabase } from '../../helpers/database.ts';
import { type Citizen, HEADER, importer, line } from '../../helpers/import.ts';
import { testOffice } from '../../helpers/office.ts';
import { agrees, type Clerk, registryDesk, say } from '../../helpers/registry-desk.ts';

const NOON = '2020-09-15T12:00:00+07:00';
const nikOf = (n: number) => `327301${String(1 + (n % 28)).padStart(2, '0')}0590${String(n + 1).padStart(4, '0')}`;
const person = (n: number, changes: Partial<Citizen> = {}) =>
  line({ registration_id: `R${n}`, nik: nikOf(n), email: `r${n}@example.com`, phone: `0812${10_000 + n}`, ...changes });

/** An office whose registry is a desk, with people who wait for it. */
async function openWith(lines: readonly string[], clerk: Clerk, environment: Record<string, string> = {}) {
  const database = await testDatabase(4, onTestFinished);
  const desk = await registryDesk(clerk, onTestFinished);
  const settings = { DUKCAPIL_RATE_PER_SECOND: '1000', ...desk.environment, ...environment };
  const office = await testOffice(database, 'redis', settings, onTestFinished);
  const take = importer(database);
  await take('registrations', `${[HEADER, ...lines].join('\n')}\n`, { registryOnline: true });
  const ids = lines.map((text) => text.slice(0, text.indexOf(',')));
  const event = (id: string) => JSON.stringify({ registration_id: id, type: 'delivered', at: NOON });
  await take('email-events', `${ids.map(event).join('\n')}\n`);
  return { database, desk, office };
}

const people = (count: number) => Array.from({ length: count }, (_, n) => person(n));
const decide = (office: Office) => decideAll(office, undefined, { wait: true, inline: true });

/** Outcomes and reasons at the registry, with how many of each; and how often a chunk was tried at most. */
async function outcomes({ pool }: Database): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ what: string; n: number }>(
    `select trim(outcome || ' ' || reason) as what, count(*)::int4 as n from verdicts_dukcapil group by 1`,
  );
  return Object.fromEntries(rows.map(({ what, n }) => [what, n]));
}

async function failedTries({ pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int4 as n from chunks where stage = 'dukcapil' and (attempt > 0 or error is not null)`,
  );
  return rows[0]?.n ?? -1;
}

describe('a registry that is away', () => {
  const broken: Clerk = (response) => void response.writeHead(503).end();

  it('for a moment: chunks give up their turn, one call in all tries, then everybody passes; no try is spent', async () => {
    const { database, desk, office } = await openWith(people(900), broken);
    let tries = 0;
    desk.clerk = (response, call) => {
      if (call <= FAILURES_MAX + 5) return broken(response, call, '');
      // The first call after a silence is a try: the second of them is answered.
      const before = desk.calls.at(-2)?.at_ms ?? 0;
      if (performance.now() - before > 500) tries++;
      return tries < 2 ? broken(response, call, '') : agrees(response, call, '');
    };
    await decide(office);
    expect(await outcomes(database)).toEqual({ passed: 900 });
    expect(await failedTries(database)).toBe(0);
    expect(tries).toBeGreaterThanOrEqual(2);
    expect((await counterpartState(database.db, REGISTRY, new Date(NOON))).openSince).toBeNull();
  }, 60_000);

  it('for longer: people wait with a reason, and the run ends; nobody knocks at a closed door', async () => {
    const { database, desk, office } = await openWith(people(900), broken);
    await decide(office);
    expect(await outcomes(database)).toEqual({ 'waiting registry_unavailable': 900 });
    expect(await failedTries(database)).toBe(0);
    // Those that were under way or leased when it opened, and a handful of tries.
    expect(desk.calls.length).toBeLessThan(FAILURES_MAX + 2 * 64 + 200 + 10);
    desk.clerk = agrees;
    await office.database.pool.query(`update counterparts set open_until = clock_timestamp() where name = 'dukcapil'`);
    await office.database.pool.query(`update verdicts_dukcapil set due_at = $1`, [NOON]);
    await sweep(office.db, await office.queues(), office.config.now());
    await decide(office);
    expect(await outcomes(database)).toEqual({ passed: 900 });
  }, 90_000);
});

it('a registry that takes calls and says nothing: everybody waits for its time limit, also who was not asked about', async () => {
  const { database, desk, office } = await openWith(people(60), () => undefined);
  await decide(office);
  expect(await outcomes(database)).toEqual({ 'waiting registry_timeout': 60 });
  expect(await failedTries(database)).toBe(0);
  expect(desk.calls.length).toBeLessThan(60 + FAILURES_MAX);
}, 90_000);

describe('a registry that says 429', () => {
  it.each<[string, Record<string, string>, number]>([
    ['with Retry-After', { 'retry-after': '2' }, 2000],
    ['without', {}, 1000],
  ])(
    '%s: everybody stays away for so long, and nobody loses by it',
    async (_, headers, away_ms) => {
      const { database, desk, office } = await openWith(people(60), agrees);
      desk.clerk = (response, call) => {
        if (call === 5) response.writeHead(429, headers).end();
        else agrees(response, call, '');
      };
      await decide(office);
      expect(await outcomes(database)).toEqual({ passed: 60 });
      const gaps = desk.calls.map(({ at_ms }, i) => at_ms - (desk.calls[i - 1]?.at_ms ?? at_ms));
      // What was under way may arrive late on a busy machine.
      expect(Math.max(...gaps)).toBeGreaterThan(away_ms * 0.6);
      // What was under way when it was said; then nobody.
      expect(gaps.indexOf(Math.max(...gaps))).toBeLessThan(5 + 64);
    },
    30_000,
  );
});

describe('a daily quota', () => {
  it('that only the registry knows: not one call too many, and the others go on after midnight', async () => {
    const QUOTA = 50;
    const counting: Clerk = (response, call) =>
      call > QUOTA
        ? say(response, { RESPON: 'Kuota Akses Hari ini telah Habis' }, 0)
        : say(response, { NIK: 'Sesuai', NO_KK: 'Sesuai', TGL_LHR: 'Sesuai' }, QUOTA - call);
    const { database, desk, office } = await openWith(people(120), counting);
    await decide(office);
    expect(desk.calls.length).toBe(QUOTA);
    expect(await outcomes(database)).toEqual({ passed: QUOTA, 'waiting registry_quota': 70 });
    desk.clerk = agrees;
    const after = { ...office, config: { ...office.config, now: () => new Date('2020-09-16T00:00:00+07:00') } };
    await sweep(after.db, await after.queues(), after.config.now());
    await decide(after);
    expect(await outcomes(database)).toEqual({ passed: 120 });
    expect(desk.calls.length).toBe(120);
  }, 30_000);

  it('that is configured: not one call too many', async () => {
    const { database, desk, office } = await openWith(people(120), agrees, { DUKCAPIL_DAILY_QUOTA: '37' });
    await decide(office);
    expect(desk.calls.length).toBe(37);
    expect(await outcomes(database)).toEqual({ passed: 37, 'waiting registry_quota': 83 });
  });
});

describe('the cheapest order', () => {
  it('one call per NIK however many registrations share it, none for an impossible one; what was saved is counted', async () => {
    const shared = [1, 2, 3, 4, 5].map((n) => person(n, { nik: nikOf(1) }));
    const impossible = person(6, { nik: '3273013102900001' });
    const { database, desk, office } = await openWith([...shared, impossible], agrees);
    await decide(office);
    expect(desk.calls.map(({ nik }) => nik)).toEqual([nikOf(1)]);
    expect(await outcomes(database)).toEqual({ passed: 1, 'rejected nik_format': 1 });
    expect(await counterpartState(database.db, REGISTRY, new Date(NOON))).toMatchObject({ used: 1, saved: 1 });
  });

  it('answers to different questions about one NIK that the registry does not know are kept once', async () => {
    const { database, desk, office } = await openWith(people(4), (response) => say(response, { RESPON: '13' }));
    await decide(office);
    await database.pool.query(
      `update verdicts_dukcapil set outcome = 'waiting', reason = 'registry_timeout', due_at = $1`,
      [NOON],
    );
    await database.pool.query('delete from registry_answers');
    await database.pool.query(`update registrations set nik = $1, kk_number = '327301010110000' || reg % 10`, [
      nikOf(1),
    ]);
    await sweep(office.db, await office.queues(), office.config.now());
    await decide(office);
    expect(desk.calls.length).toBe(8);
    expect((await database.pool.query('select 1 from registry_answers')).rowCount).toBe(1);
  });

  it('who is asked about afresh is asked once, though the chunk is begun again', async () => {
    const { database, desk, office } = await openWith(people(30), (response) => say(response, { RESPON: '13' }));
    await decide(office);
    const filter = { stage: 'dukcapil', reason: null, province: null, since: null, until: null, run: null } as const;
    await database.db.transaction().execute((tx) => requeue(tx, filter));
    desk.clerk = agrees;
    // The answers come, and the first save finds a full disk: as if the worker had died in between.
    await database.pool.query(`
      create sequence saves;
      create function fill_disk() returns trigger language plpgsql as $$
      begin
        if nextval('saves') = 1 then raise 'disk full' using errcode = '53100'; end if;
        return null;
      end $$;
      create trigger fill_disk before insert or update on verdicts_dukcapil for each statement execute function fill_disk()`);
    await decide(office);
    const { rows } = await database.pool.query('select last_value::int4 as saves from saves');
    expect(rows).toEqual([{ saves: 2 }]);
    expect(await outcomes(database)).toEqual({ passed: 30 });
    expect(desk.calls.length).toBe(60);
  }, 60_000);
});

it('the rate is changed while a worker runs: nothing is started again', async () => {
  const { database, desk, office } = await openWith(people(250), agrees, { DUKCAPIL_RATE_PER_SECOND: '20' });
  desk.clerk = (response, call) => {
    if (call === 20) void setRate(database.db, REGISTRY, 1000);
    agrees(response, call, '');
  };
  const began = performance.now();
  await decide(office);
  expect(await outcomes(database)).toEqual({ passed: 250 });
  // At 20 a second 250 calls are 12 s.
  expect(performance.now() - began).toBeLessThan(8000);
}, 30_000);
