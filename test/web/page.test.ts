import { XMLValidator } from 'fast-xml-parser';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reasons } from '../../jobs/reasons.ts';
import { type RunningConsole, startConsole } from '../../web/index.ts';
import { testDatabase } from '../helpers/database.ts';
import { fill, officeOf, personal } from './nation.ts';

const basic = { authorization: `Basic ${btoa('ops:correct horse')}` };
const database = await testDatabase();
let running: RunningConsole;

beforeAll(async () => {
  await fill(database);
  running = await startConsole(
    officeOf(database, { CONSOLE_PASSWORD: 'correct horse', DUKCAPIL_DAILY_QUOTA: '100000' }),
    {
      port: 0,
    },
  );
});
afterAll(() => running.close());

async function page(query = ''): Promise<string> {
  const response = await fetch(running.url + query, { headers: basic });
  expect(response.status).toBe(200);
  return response.text();
}

/** The text of a page's rows: one line per table row, cells joined by " | ". */
function rows(html: string): string[] {
  return [...html.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    row
      .replace(/<svg.*?<\/svg>/gs, '')
      .replace(/<\/t[hd]>\s*<t[hd][^>]*>/g, ' | ')
      .replace(/<span class="code">/g, ' # ')
      .replace(/<[^>]+>/g, '')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}

describe('the figures', () => {
  it.each([
    ['the funnel', 'Pendaftaran | | 1.500 | 100%'],
    ['persons', 'Orang | | 1.490 | 99,3%'],
    ['the end of the funnel', 'Penerima insentif | | 250 | 16,7%'],
    ['what was paid, surveys apart', 'Insentif dibayar | | Rp150.000.000'],
    ['a stage', 'Surel | 1.490 | 1.300 | 100 | 60 | 0 | 30 | 0 | belum diketahui'],
    ['a stage at work', 'Dukcapil | 1.300 | 1.200 | 70 | 10 | 20 | 0 | 200 | selesai'],
    ['a reason that can be re-queued', `${reasons.registry_timeout.id} # dukcapil registry_timeout Dukcapil | 10 | ya`],
    ['a reason that cannot', `${reasons.duplicate_nik.id} # dedupe duplicate_nik Pendaftaran ganda | 10 | tidak`],
    ['a batch', '4 | SK disahkan | 1.000 | 950 | 500 | 500 | 500 | –'],
    ['an open batch', '5 | dibuka | 7 | 0 | 2.500 | 0 | 0 | 20 Sep 2020, 23.59 WIB'],
    ['payouts', 'dibayar | 250 | 40 | Rp152.000.000'],
    ['held payouts', 'ditahan | 14 | 0 | Rp8.400.000'],
    [
      'why they are held',
      'Belum ada rekening tertaut. Tautkan rekening bank atau dompet digital atas nama Anda. # account_missing | 12',
    ],
    ['breaks', 'Tidak ada di rekening koran # missing_in_bank | 2 | Rp1.200.000 | 10 hari'],
  ])('%s', async (_, row) => {
    expect(rows(await page())).toContain(row);
  });

  it('every stage adds up: in is passed + rejected + waiting + parked + undecided', async () => {
    const stages = rows(await page('?lang=en')).filter((row) => /^(Duplicates|E-mail|Dukcapil|Layer 3) \|/.test(row));
    expect(stages).toHaveLength(4);
    for (const stage of stages) {
      const [all, ...parts] = stage
        .split(' | ')
        .slice(1, 7)
        .map((cell) => Number(cell.replaceAll(',', '')));
      expect(parts.reduce((sum, n) => sum + n, 0)).toBe(all);
    }
  });

  it("the registry: calls of the rules' day, what is left and the forecast", async () => {
    expect(await page()).toContain(
      'Dukcapil hari ini: 12.345 panggilan dipakai, 87.655 tersisa; tidak ada yang menunggu panggilan.',
    );
  });

  it('says first what waits for a person, and where', async () => {
    const attention = (await page()).match(/<div class="attention".*?<\/div>/s)?.[0] ?? '';
    const lines = [...attention.matchAll(/href="#(\w+)">([^<]+)/g)].map(([, to, line]) => `${to}: ${line}`);
    expect(lines).toEqual([
      'stages: 1 potongan kerja gagal dan berhenti',
      'stages: Pekerjaan siap sejak 5 mnt dan belum diambil: apakah ada worker yang berjalan?',
      'payouts: 3 pembayaran belum pasti: tanyakan ke bank',
      'breaks: 2 selisih rekonsiliasi terbuka',
      'reasons: 20 pendaftaran harus diperiksa petugas',
    ]);
  });
});

describe('the document', () => {
  it.each(['', '?lang=id', '?lang=en', '?lang=en&refresh=off', '?lang=%3Cscript%3E'])(
    'is well-formed: %s',
    async (query) => {
      const html = await page(query);
      const closed = html.replace('<!doctype html>', '').replace(/<(meta|link|br)\b([^>]*)>/g, '<$1$2/>');
      expect(XMLValidator.validate(closed)).toBe(true);
      expect(html).not.toMatch(/undefined|NaN|\[object/);
    },
  );

  it('speaks Indonesian unless asked for English', async () => {
    expect(await page()).toContain('<html lang="id">');
    expect(await page('?lang=xx')).toContain('<html lang="id">');
    const english = await page('?lang=en');
    expect(english).toContain('<html lang="en">');
    expect(rows(english)).toContain('Persons | | 1,490 | 99.3%');
    expect(rows(english)).toContain(`${reasons.under_age.en} # layer3 under_age Layer 3 | 50 | yes`);
    expect(rows(english)).toContain('Missing in bank # missing_in_bank | 2 | Rp1.200.000 | 10 days');
  });

  it('refreshes itself, and stops when asked', async () => {
    expect(await page()).toContain('http-equiv="refresh"');
    expect(await page('?refresh=off')).not.toContain('http-equiv');
  });

  it('has no script, nothing from elsewhere, and every inner link leads somewhere', async () => {
    const html = await page();
    expect(html).not.toMatch(/<script|javascript:|\son\w+=|\sstyle=/i);
    expect(html.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g)).toBeNull();
    const targets = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.length).toBeGreaterThan(6);
    for (const id of targets) expect(html).toContain(`id="${id}"`);
  });

  it("names every table's columns and rows for a screen reader", async () => {
    const html = await page();
    const tables = html.match(/<table/g)?.length ?? 0;
    expect(tables).toBeGreaterThan(7);
    expect(html.match(/<caption/g)).toHaveLength(tables);
    expect(html).not.toMatch(/<th(?![^>]*scope=)[ >]/);
  });

  it.each(['/', '/?lang=en', '/metrics'])('tells nothing about a person: %s', async (path) => {
    const response = await fetch(new URL(path, running.url), { headers: basic });
    const body = (await response.text()).replace(/<style>.*<\/style>/s, '');
    expect(body).toMatch(/1[.,]?500/);
    for (const secret of [...Object.values(personal), '@', 'R1491']) expect(body).not.toContain(secret);
    expect(body).not.toMatch(/\d{16}/);
  });
});

it('escapes what the database says', async () => {
  const own = await testDatabase();
  await fill(own);
  await sql`update instalments set reason = '<b>"&' where state = 'held'`.execute(own.db);
  const other = await startConsole(officeOf(own, { CONSOLE_PASSWORD: 'correct horse' }), { port: 0 });
  try {
    const html = await (await fetch(other.url, { headers: basic })).text();
    expect(html).toContain('&lt;b&gt;&quot;&amp;');
    expect(html).not.toContain('<b>');
  } finally {
    await other.close();
  }
});

it('an empty database is a page too', async () => {
  const own = await testDatabase();
  const other = await startConsole(officeOf(own, { CONSOLE_PASSWORD: 'correct horse' }), { port: 0 });
  try {
    const html = await (await fetch(`${other.url}?lang=en`, { headers: basic })).text();
    expect(html).toContain('Nothing waits for a person.');
    expect(rows(html)).toContain('Registrations | | 0 | –');
  } finally {
    await other.close();
  }
});
