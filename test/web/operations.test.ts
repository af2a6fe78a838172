import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../db/connection.ts';
import { startConsole } from '../../web/index.ts';
import { sharedReading } from '../../web/snapshot.ts';
import { testDatabase } from '../helpers/database.ts';
import { fill, officeOf } from './nation.ts';

const basic = { authorization: `Basic ${btoa('prometheus:correct horse')}` };
const environment = { CONSOLE_PASSWORD: 'correct horse' };
const database = await testDatabase();
beforeAll(() => fill(database));

describe('/metrics', () => {
  async function scrape(extra: Record<string, string> = {}): Promise<string> {
    const running = await startConsole(officeOf(database, { ...environment, ...extra }), { port: 0 });
    try {
      const response = await fetch(new URL('/metrics', running.url), { headers: basic });
      expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
      return await response.text();
    } finally {
      await running.close();
    }
  }

  it.each([
    'prakerja_registrations 1500',
    'prakerja_verdicts{stage="email",outcome="waiting"} 60',
    'prakerja_verdicts{stage="email",outcome="undecided"} 30',
    'prakerja_verdicts{stage="dukcapil",outcome="parked"} 20',
    'prakerja_chunks{stage="email",state="ready"} 1',
    'prakerja_chunks{stage="email",state="failed"} 1',
    'prakerja_chunks_over_lease{stage="email"} 0',
    'prakerja_chunks_over_lease{stage="layer3"} 1',
    'prakerja_instalments{kind="incentive",state="unknown"} 3',
    'prakerja_instalments{kind="survey",state="paid"} 40',
    'prakerja_open_breaks{type="missing_in_bank"} 2',
    'prakerja_registry_calls_today 12345',
  ])('%s', async (line) => {
    expect((await scrape()).split('\n')).toContain(line);
  });

  it('how long the oldest ready chunk has waited, from when it could be taken', async () => {
    const seconds = Number(
      /^prakerja_oldest_ready_chunk_seconds\{stage="email"\} ([\d.]+)$/m.exec(await scrape())?.[1],
    );
    expect(seconds).toBeGreaterThanOrEqual(300);
    expect(seconds).toBeLessThan(360);
  });

  it('how long ago something ended at each stage where something did', async () => {
    const found = [...(await scrape()).matchAll(/^prakerja_last_progress_seconds\{stage="(\w+)"\} ([\d.]+)$/gm)];
    expect(found.map(([, stage]) => stage)).toEqual(['dukcapil']);
    expect(Number(found[0]?.[2])).toBeLessThan(60);
  });

  it('what is left of the quota is told only when there is one', async () => {
    expect(await scrape()).not.toMatch(/^prakerja_registry_calls_left_today/m);
    expect(await scrape({ DUKCAPIL_DAILY_QUOTA: '100000' })).toContain('prakerja_registry_calls_left_today 87655');
  });
});

describe('/healthz', () => {
  it('200 while the database answers, 503 otherwise; open to whoever watches', async () => {
    const own = openDatabase(database.url, 2);
    const running = await startConsole({ ...officeOf(database, environment), db: own.db }, { port: 0 });
    try {
      const healthy = await fetch(new URL('/healthz', running.url));
      expect([healthy.status, await healthy.json()]).toEqual([200, { ok: true }]);
      await own.close();
      const ill = await fetch(new URL('/healthz', running.url));
      expect([ill.status, await ill.json()]).toEqual([503, { ok: false }]);
      const page = await fetch(running.url, { headers: basic });
      expect(page.status).toBe(503);
      expect(await page.text()).toContain('Basis data tidak menjawab');
    } finally {
      await running.close();
    }
  });
});

describe('a shared reading', () => {
  it('is made once for all who ask at the same time, and again when it is old', async () => {
    let now = 0;
    let reads = 0;
    const latest = sharedReading(
      () => Promise.resolve(++reads),
      () => now,
    );
    expect(await Promise.all([latest(), latest(), latest()])).toEqual([1, 1, 1]);
    now = 1999;
    expect(await latest()).toBe(1);
    now = 2000;
    expect(await latest()).toBe(2);
  });

  it('rests four times as long as the reading took', async () => {
    let now = 0;
    let reads = 0;
    const latest = sharedReading(
      async () => {
        now += 10_000;
        return ++reads;
      },
      () => now,
    );
    await latest();
    now += 39_999;
    expect(await latest()).toBe(1);
    now += 1;
    expect(await latest()).toBe(2);
  });

  it('a failed one is not kept', async () => {
    let reads = 0;
    const latest = sharedReading(() => (++reads === 1 ? Promise.reject(new Error('down')) : Promise.resolve(reads)));
    await expect(latest()).rejects.toThrow('down');
    expect(await latest()).toBe(2);
  });
});

describe('prakerja console', () => {
  const program = fileURLToPath(new URL('../../scripts/prakerja.js', import.meta.url));
  const start = (extra: Record<string, string>, ...options: string[]) =>
    spawn(process.execPath, [program, 'console', ...options], {
      env: { PATH: process.env.PATH, DATABASE_URL: database.url, LOG_LEVEL: 'silent', ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'prints the one-time link on stderr, serves, and ends with %s',
    async (signal) => {
      const child = start({}, '--port', '0');
      const exited = once(child, 'exit');
      const [line] = (await once(createInterface(child.stderr), 'line')) as [string];
      const url = /http:\/\/127\.0\.0\.1:\d+\/enter\?token=[\w-]+/.exec(line)?.[0] ?? '';
      expect(await (await fetch(url)).text()).toContain('Buka konsol');
      child.kill(signal);
      expect(await exited).toEqual([0, null]);
    },
  );

  it.each([
    ['--port', '70000'],
    ['--port', 'http'],
  ])('%s %s is exit 2', async (...options) => {
    expect(await once(start({}, ...options), 'exit')).toEqual([2, null]);
  });
});
