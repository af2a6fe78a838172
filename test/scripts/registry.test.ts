import { once } from 'node:events';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { REGISTRY, setRate } from '../../db/counterpart.ts';
import type { Report } from '../../scripts/command.ts';
import { diagnose } from '../../scripts/doctor.ts';
import { registryRate, registryStatusReport } from '../../scripts/registry.ts';
import { requeuePeople } from '../../scripts/requeue.ts';
import { keepWatching } from '../../workers/runtime/watch.ts';
import { testDatabase } from '../helpers/database.ts';
import { decided, HEADER, importer, line } from '../helpers/import.ts';
import { officeEnvironment, temporaryDir, testOffice } from '../helpers/office.ts';

const REGISTRY_ENVIRONMENT = {
  DUKCAPIL_URL: 'http://127.0.0.1:9',
  DUKCAPIL_CUSTOMER: 'C',
  DUKCAPIL_USER_ID: 'u',
  DUKCAPIL_PASSWORD: 'p',
  DUKCAPIL_IP_USER: '10.0.0.1',
};

/** Three people of province 32, one of 33, who wait for a registry that did not answer. */
async function waiting(environment: Record<string, string> = {}) {
  const database = await testDatabase(4, onTestFinished);
  const settings = { ...REGISTRY_ENVIRONMENT, ...environment };
  const office = await testOffice(database, 'redis', settings, onTestFinished);
  const people = [1, 2, 3, 4].map((n) =>
    line({ registration_id: `R${n}`, nik: `327301150590000${n}`, province_code: n === 4 ? '33' : '32' }),
  );
  await importer(database)('registrations', `${[HEADER, ...people].join('\n')}\n`, { registryOnline: true });
  await database.pool.query(`update chunks set state = 'cancelled'`);
  for (const stage of ['dedupe', 'email']) await decided(database, stage);
  await decided(database, 'dukcapil', 'waiting', 'registry_timeout');
  const dir = temporaryDir(onTestFinished);
  const as = async (work: () => Promise<Report>) => {
    const before = process.env;
    process.env = { ...officeEnvironment(database, 'redis', dir), ...settings };
    try {
      return await work();
    } finally {
      process.env = before;
    }
  };
  return { database, office, as };
}

const checkOf = (report: Report) =>
  (report.json as { checks: { name: string; ok: boolean }[] }).checks.find(({ name }) => name === 'registry');

describe('a registry that answers nobody while people wait', () => {
  const anHourAgo = `update verdicts_dukcapil set decided_at = clock_timestamp() - interval '1 hour'`;

  it('is an alarm after its minutes: doctor, registry status, and the worker says it once', async () => {
    const { database, office, as } = await waiting();
    expect(checkOf(await diagnose(office))).toMatchObject({ ok: true });
    await database.pool.query(anHourAgo);
    expect(checkOf(await diagnose(office))).toMatchObject({ ok: false });
    const report = await as(registryStatusReport);
    expect(report).toMatchObject({ exitCode: 3, json: { is_silent: true } });
    expect(report.lines.join(' ')).toContain('silent for 60 min while people wait');

    const said: string[] = [];
    const log = pino({ level: 'info' }, { write: (text: string) => void said.push(JSON.parse(text).msg) });
    const stop = new AbortController();
    const watching = keepWatching({ ...office, log }, ['dukcapil'], stop.signal, {
      every_ms: 5,
      ready_seconds: 1e6,
      running_seconds: 1e6,
    });
    const looks = async (times: number) => {
      for (let seen = 0; seen < times; seen++) await once(office.database.pool, 'acquire');
    };
    await looks(20);
    await setRate(database.db, REGISTRY, null);
    await database.pool.query('update counterparts set answered_at = clock_timestamp()');
    await looks(20);
    stop.abort();
    await watching;
    expect(said).toEqual(['the registry answers nobody while people wait', 'the registry answers again']);
  });

  it('is none once it has answered somebody, when it is not asked, or when there is no registry', async () => {
    const { database, office, as } = await waiting();
    await database.pool.query(anHourAgo);
    await setRate(database.db, REGISTRY, null);
    await database.pool.query(`update counterparts set answered_at = clock_timestamp()`);
    expect(checkOf(await diagnose(office))).toMatchObject({ ok: true });
    await database.pool.query(`update counterparts set answered_at = null`);
    await database.pool.query(`update verdicts_dukcapil set reason = 'registry_quota'`);
    expect((await as(registryStatusReport)).exitCode).toBe(0);
  });
});

describe('registry rate', () => {
  it('holds for all workers, says who and why, and goes back', async () => {
    const { database, as } = await waiting();
    const set = await as(() => registryRate('20', { by: 'sari', note: 'they asked' }));
    expect(set.json).toEqual({ rate_per_second: 20 });
    expect((await as(registryStatusReport)).json).toMatchObject({ rate_per_second: 20 });
    const { rows } = await database.pool.query('select who, action, subject, note from audit');
    expect(rows).toEqual([{ who: 'sari', action: 'registry rate', subject: '20', note: 'they asked' }]);
    expect((await as(() => registryRate('default', { by: 'sari', note: 'better' }))).json).toEqual({
      rate_per_second: 100,
    });
  });

  it.each(['0', '1.5', 'fast', '10001'])('refuses %s', (rate) => {
    expect(() => registryRate(rate, { by: 'sari', note: 'why' })).toThrow('the rate must be');
  });
});

it('requeue with --dry-run tells people, calls and the forecast at the rate and quota', async () => {
  const { as } = await waiting({ DUKCAPIL_RATE_PER_SECOND: '2', DUKCAPIL_DAILY_QUOTA: '3' });
  const options = { stage: 'dukcapil', reason: 'registry_timeout', dryRun: true };
  const some = await as(() => requeuePeople({ ...options, province: '32' }));
  expect(some.json).toEqual({ people: 3, calls: 3, requeued: 0, forecast: 2 });
  const all = await as(() => requeuePeople(options));
  // The fourth waits for midnight: it is noon.
  expect(all.json).toEqual({ people: 4, calls: 4, requeued: 0, forecast: 43_201 });
  expect(all.lines[0]).toContain('4 registry calls, about 12 h 0 min at 2 a second and 3 left today');
});
