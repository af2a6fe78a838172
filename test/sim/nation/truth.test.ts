import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { get, grouped, naiveTruth, rowsOf, truthOf, wellFormed } from './naive.ts';
import { sharedNation } from './nation.ts';

// Other work may share the machine; on its own the slowest test takes two seconds.
vi.setConfig({ testTimeout: 60_000 });

const REASONS = `dedupe.duplicate_nik
email.email_syntax email.email_disposable email.email_hard_bounce email.email_complained
email.email_mailbox_full email.email_deferred email.email_blocked email.email_no_answer
dukcapil.nik_format dukcapil.nik_not_found dukcapil.nik_duplicate_record dukcapil.nik_deceased dukcapil.nik_inactive
dukcapil.kk_mismatch dukcapil.birth_date_mismatch
layer3.under_age layer3.in_school layer3.excluded_stop_list layer3.excluded_asn layer3.excluded_tni
layer3.excluded_polri layer3.excluded_state_official layer3.excluded_village_official layer3.excluded_bumn_officer
layer3.excluded_in_school layer3.phone_unverified`
  .split(/\s+/)
  .sort();

describe('the truth is what the files say', () => {
  test.each([
    [20_000, 1],
    [9_999, 2],
    [3_001, 12_345_678_901],
    [101, 3],
    [1, 4],
  ])('%i applicants, seed %i', async (applicants, seed) => {
    const { out } = await sharedNation(applicants, seed);
    const truth = truthOf(out);
    expect(naiveTruth(out, '2020-09-15')).toEqual(truth);
    expect(naiveTruth(out, '2027-12-31')).toEqual(truth);
  });

  test('every reason occurs, and the funnel counts them', async () => {
    const { out, funnel } = await sharedNation(20_000, 1);
    const counts = new Map<string, number>();
    const verdicts = rowsOf(out, 'truth.csv');
    for (const { stage, outcome, reason } of verdicts) {
      if (outcome !== 'passed') counts.set(`${stage}.${reason}`, (counts.get(`${stage}.${reason}`) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(REASONS);
    expect({ ...funnel.waiting, ...funnel.parked, ...funnel.rejected }).toEqual(Object.fromEntries(counts));
    const passed = (stage: string) => verdicts.filter((row) => row.stage === stage && row.outcome === 'passed').length;
    expect(funnel.email_verified).toBe(passed('email'));
    expect(funnel.nik_valid).toBe(passed('dukcapil'));
    expect(funnel.layer3_passed).toBe(passed('layer3'));
    const niks = rowsOf(out, 'registrations.csv').map((row) => get(row, 'nik'));
    const persons = new Set(niks.filter(wellFormed)).size + niks.filter((nik) => !wellFormed(nik)).length;
    expect(funnel.unique).toBe(persons);
    expect(JSON.parse(readFileSync(join(out, 'funnel.json'), 'utf8'))).toEqual(funnel);
  });

  test('repeats are 3 to 4 %; displaced, tied, malformed and larger groups occur', async () => {
    const { out, funnel } = await sharedNation(20_000, 1);
    const repeats = (funnel.registered - funnel.unique) / funnel.registered;
    expect(repeats).toBeGreaterThan(0.03);
    expect(repeats).toBeLessThan(0.04);
    const dedupe = new Map(
      rowsOf(out, 'truth.csv')
        .filter((row) => row.stage === 'dedupe')
        .map((row) => [get(row, 'registration_id'), row.outcome]),
    );
    const groups = [...grouped(rowsOf(out, 'registrations.csv'), (row) => get(row, 'nik')).values()];
    const several = groups.filter((group) => group.length > 1);
    const good = several.filter(([first]) => first && wellFormed(get(first, 'nik')));
    const standing = (group: (typeof groups)[number]) =>
      group.filter((row) => dedupe.get(get(row, 'registration_id')) === 'passed').length;
    expect(good.some((group) => standing(group) === 2)).toBe(true);
    expect(good.some((group) => standing(group) === group.length)).toBe(true);
    expect(good.some((group) => group.length >= 3)).toBe(true);
    expect(several.some(([first]) => first && !wellFormed(get(first, 'nik')))).toBe(true);
    const instants = good.map((group) => group.map((row) => Date.parse(get(row, 'registered_at'))));
    expect(instants.some((group) => new Set(group).size < group.length)).toBe(true);
    const later = good.filter(
      (group) => dedupe.get(get(group[0] as Record<string, string>, 'registration_id')) !== 'passed',
    );
    expect(later.length).toBeGreaterThan(10);
    // The e-mail address belongs to one registration.
    const emails = rowsOf(out, 'registrations.csv').map((row) => get(row, 'email'));
    expect(new Set(emails).size).toBe(emails.length);
  });
});
