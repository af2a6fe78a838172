import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { quotasByProvince, scaledQuotas } from '../../../sim/nation/index.ts';
import { PUBLISHED } from '../../../sim/nation/published.ts';
import { get, grouped, type Row, rowsOf } from './naive.ts';
import { sharedNation } from './nation.ts';

// Other work may share the machine; on its own the slowest test takes two seconds.
vi.setConfig({ testTimeout: 60_000 });

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

describe('quotas', () => {
  test('the nation has the published places, 1 % of it exactly 38,809', () => {
    expect(scaledQuotas(23_171_233)).toEqual([168_111, 288_154, 224_653, 800_000, 800_000, 800_000, 800_000]);
    expect(scaledQuotas(231_712)).toEqual([1_681, 2_882, 2_246, 8_000, 8_000, 8_000, 8_000]);
  });

  test('shares over 34 provinces keep the sum and the order of the weights', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 800_000 }), (total) => {
        const quotas = quotasByProvince(total);
        expect(quotas.length).toBe(34);
        expect(sum(quotas.map(({ quota }) => quota))).toBe(total);
        const of = (code: string) => quotas.find(({ province_code }) => province_code === code)?.quota as number;
        expect(of('32')).toBeGreaterThanOrEqual(of('35'));
        expect(of('91')).toBeGreaterThanOrEqual(of('92'));
      }),
    );
  });

  test('the files hold them', async () => {
    const { out } = await sharedNation(20_000, 1);
    for (const [at, total] of scaledQuotas(20_000).entries()) {
      const rows = rowsOf(out, `quota-${at + 1}.csv`);
      expect(rows.length).toBe(34);
      expect(sum(rows.map((row) => Number(row.quota)))).toBe(total);
    }
  });
});

/** Months between two dates of 2020, whole ones only. */
function instalments(first: string): number {
  const month = Number(first.slice(5, 7));
  return Math.min(4, 10 - month - (Number(first.slice(8, 10)) > 15 ? 1 : 0));
}

const NOW = Date.parse('2020-09-15T12:00:00+07:00');

/** The later funnel from the files: in each batch the first so many who pass, by an order that knows nothing. */
function playOut(out: string) {
  const passed = new Set(
    rowsOf(out, 'truth.csv')
      .filter((row) => row.stage === 'layer3' && row.outcome === 'passed')
      .map((row) => get(row, 'registration_id')),
  );
  const until = (rows: Row[], column: string) => rows.filter((row) => Date.parse(get(row, column)) <= NOW);
  const joins = grouped(rowsOf(out, 'joins.csv'), (row) => get(row, 'batch'));
  const training = grouped(until(rowsOf(out, 'training.csv'), 'at'), (row) => `${row.registration_id}/${row.batch}`);
  const accounts = grouped(until(rowsOf(out, 'accounts.csv'), 'linked_at'), (row) => get(row, 'registration_id'));
  const niks = new Map(rowsOf(out, 'registrations.csv').map((row) => [get(row, 'registration_id'), get(row, 'nik')]));
  const chosen = new Set<string>();
  const counts = { participants: 0, training: 0, completed: 0, recipients: 0, instalments: 0 };
  for (const [at, quota] of scaledQuotas(niks.size).entries()) {
    const pool = (joins.get(String(at + 1)) ?? []).map((row) => get(row, 'registration_id'));
    const free = pool.filter((id) => passed.has(id) && !chosen.has(id));
    free.sort((a, b) => (reversed(a) < reversed(b) ? -1 : 1));
    expect(free.length, `batch ${at + 1}`).toBeGreaterThan(quota);
    for (const id of free.slice(0, quota)) {
      chosen.add(id);
      counts.participants++;
      const events = training.get(`${id}/${at + 1}`) ?? [];
      const has = (event: string) => events.find((row) => row.event === event);
      if (has('purchased')) counts.training++;
      if (has('completed')) counts.completed++;
      const rated = has('rated');
      const latest = (accounts.get(id) ?? [])
        .sort((a, b) => Date.parse(get(a, 'linked_at')) - Date.parse(get(b, 'linked_at')))
        .at(-1);
      if (!rated || !latest || latest.holder_nik !== niks.get(id) || latest.status !== 'active') continue;
      if (latest.channel === 'ewallet' && latest.kyc !== 'true') continue;
      counts.recipients++;
      const [, later = ''] = [get(rated, 'at'), get(latest, 'linked_at')].sort();
      counts.instalments += instalments(later);
    }
  }
  return counts;
}

function reversed(text: string): string {
  return [...text].reverse().join('');
}

describe('the funnel is the published one, scaled', () => {
  test('to layer 3 and joined within 0.7 %', async () => {
    const { funnel } = await sharedNation(20_000, 1);
    for (const key of ['email_verified', 'nik_valid', 'layer3_passed', 'joined'] as const) {
      const target = ((PUBLISHED.find((figure) => figure.key === key)?.value as number) * 20_000) / 23_171_233;
      expect(Math.abs(funnel[key] / target - 1), key).toBeLessThan(0.007);
    }
  });

  test('from participants to instalments, played out from the files', async () => {
    const { out, funnel } = await sharedNation(60_000, 1);
    const counts = playOut(out);
    const published = funnel.published_scaled as Record<string, number>;
    const near = (value: number, target: number | undefined) => Math.abs(value / (target as number) - 1);
    expect(counts.participants).toBe(published.participants);
    expect(near(counts.training, published.training)).toBeLessThan(0.03);
    expect(near(counts.completed, published.completed)).toBeLessThan(0.03);
    expect(near(counts.recipients, published.incentive_recipients)).toBeLessThan(0.05);
    expect(near(counts.instalments * 600_000, published.incentive_paid_idr)).toBeLessThan(0.05);
    expect(near(counts.recipients, funnel.expected.incentive_recipients)).toBeLessThan(0.05);
  });

  test('joins: everyone who passes, few others, inside the batch and after registration', async () => {
    const { out, funnel } = await sharedNation(20_000, 1);
    const joins = rowsOf(out, 'joins.csv');
    const registrations = new Map(rowsOf(out, 'registrations.csv').map((row) => [get(row, 'registration_id'), row]));
    const joined = new Set(joins.map((row) => get(row, 'registration_id')));
    const passed = rowsOf(out, 'truth.csv').filter((row) => row.stage === 'layer3' && row.outcome === 'passed');
    for (const row of passed) expect(joined.has(get(row, 'registration_id'))).toBe(true);
    const persons = new Set(
      [...joined]
        .map((id) => registrations.get(id) as Row)
        .map((row) => (/^\d{16}$/.test(get(row, 'nik')) ? row.nik : row.registration_id)),
    );
    expect(persons.size).toBe(funnel.joined);
    expect(joined.size).toBeGreaterThan(passed.length);
    for (const row of joins) {
      const at = Date.parse(get(row, 'joined_at'));
      const batch = funnel.batches[Number(row.batch) - 1];
      expect(at).toBeGreaterThanOrEqual(Date.parse(batch?.opens as string));
      expect(at).toBeLessThan(Date.parse(batch?.closes as string));
      expect(at).toBeGreaterThan(
        Date.parse(get(registrations.get(get(row, 'registration_id')) as Row, 'registered_at')),
      );
    }
    for (const [batch, rows] of grouped(joins, (row) => get(row, 'batch'))) {
      expect(funnel.batches[Number(batch) - 1]?.joined).toBe(rows.length);
    }
  });

  test('training: in order, after the decree, never on 15 or 16 September', async () => {
    const { out, funnel } = await sharedNation(20_000, 1);
    const order = ['purchased', 'completed', 'rated', 'survey_1', 'survey_2', 'survey_3'];
    for (const rows of grouped(rowsOf(out, 'training.csv'), (row) => `${row.registration_id}/${row.batch}`).values()) {
      const batch = funnel.batches[Number(rows[0]?.batch) - 1];
      let before = Date.parse(batch?.decree as string);
      for (const [at, row] of rows.entries()) {
        expect(row.event).toBe(order[at]);
        expect(Date.parse(get(row, 'at'))).toBeGreaterThan(before);
        before = Date.parse(get(row, 'at'));
        expect(get(row, 'at')).not.toMatch(/^2020-09-1[56]/);
      }
    }
    const accounts = rowsOf(out, 'accounts.csv');
    expect(accounts.every((row) => !/^2020-09-1[56]/.test(get(row, 'linked_at')))).toBe(true);
    const wallets = accounts.filter((row) => row.channel === 'ewallet').length / accounts.length;
    expect(Math.abs(wallets - 0.78)).toBeLessThan(0.02);
  });
});
