import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { generateNation } from '../../../sim/nation/index.ts';
import { endOf, Nation, PEOPLE_MAX, RESIDUES } from '../../../sim/nation/nation.ts';
import { personOf } from '../../../sim/nation/person.ts';
import { get, naiveTruth, rowsOf, truthOf, wellFormed } from './naive.ts';
import { freshNation, sharedNation } from './nation.ts';

// Other work may share the machine; on its own the slowest test takes two seconds.
vi.setConfig({ testTimeout: 60_000 });

const NIK_COLUMNS: readonly (readonly [file: string, column: string])[] = [
  ['registrations.csv', 'nik'],
  ['civil-registry.csv', 'nik'],
  ['exclusions.csv', 'nik'],
  ['whitelist.csv', 'nik'],
  ['accounts.csv', 'holder_nik'],
];

/** Every well-formed NIK that any file names: a malformed one is a person with nobody, however often it is typed. */
function niksOf(out: string): string[] {
  const niks = NIK_COLUMNS.flatMap(([file, column]) => rowsOf(out, file).map((row) => get(row, column)));
  return [...new Set(niks.filter(wellFormed))];
}

/** District and serial: what tells people apart, but for those whose indexes are a multiple of 299,970 apart. */
function registerOf(nik: string): string {
  return nik.slice(4, 6) + nik.slice(12);
}

/** What each registration comes to in the end, in the order of the file. */
function endsOf(out: string): string[] {
  return [
    ...new Map(rowsOf(out, 'truth.csv').map((row) => [row.registration_id, `${row.stage}.${row.reason}`])).values(),
  ];
}

function columnOf(out: string, column: string): string[] {
  return rowsOf(out, 'registrations.csv').map((row) => get(row, column));
}

function shared(some: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return some.filter((one) => known.has(one));
}

/** Cells of a hundred are never divided: where the next wave may begin at the earliest. */
function nextFirst(applicants: number, first: number): number {
  return Math.ceil(endOf(applicants, first) / 100) * 100;
}

/** All below index 299,970, where district and serial alone must differ: whole NIKs hardly ever meet by accident. */
const waves = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 40 }),
  applicants: fc.integer({ min: 1, max: 1_700 }),
  first: fc.integer({ min: 0, max: 2_900 }).map((hundreds) => hundreds * 100),
  gap: fc.integer({ min: 0, max: 20 }).map((hundreds) => hundreds * 100),
  later: fc.integer({ min: 1, max: 1_700 }),
});

describe('two waves of one nation', () => {
  test('share no NIK, no registration_id, no address and no telephone', async () => {
    await fc.assert(
      fc.asyncProperty(waves, async ({ seed, applicants, first, gap, later }) => {
        const one = await freshNation(applicants, seed, first);
        const other = await freshNation(later, seed, nextFirst(applicants, first) + gap);
        expect(shared(niksOf(other.out).map(registerOf), niksOf(one.out).map(registerOf))).toEqual([]);
        for (const column of ['registration_id', 'email', 'phone']) {
          expect(shared(columnOf(other.out, column), columnOf(one.out, column)), column).toEqual([]);
        }
      }),
      {
        numRuns: 12,
        examples: [0, 16_000].map((first) => [{ seed: 1, applicants: 1_600, first, gap: 0, later: 1_600 }]),
      },
    );
  });

  test('share no family card: the first people of a wave live by themselves, not with the last of another', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { kk, region } = personOf(new Nation(300, seed, 100), 100);
      expect(kk.slice(0, 4)).toBe(region.code);
    }
  });

  test('are not copies: of the same size, line by line they end otherwise', async () => {
    const [one, other] = [await sharedNation(3_001, 5), await sharedNation(3_001, 5, 3_200)];
    const ends = endsOf(one.out);
    const alike = endsOf(other.out).filter((end, line) => end === ends[line]).length;
    // More than half pass: by accident a third ends alike.
    expect(alike / 3_001).toBeLessThan(0.45);
  });

  test('two people of any waves have another district and serial, or are born on another day', () => {
    const nation = new Nation(1, 1);
    const index = fc.integer({ min: 0, max: PEOPLE_MAX - 1 });
    const day = fc.integer({ min: -5_000, max: 11_000 });
    const strides = fc.integer({ min: 1, max: RESIDUES - 1 });
    fc.assert(
      fc.property(index, index, strides, day, day, (a, b, stride, dayA, dayB) => {
        if ((a - b) % (PEOPLE_MAX / RESIDUES) !== 0) {
          expect(nation.registerNumberOf(a)).not.toEqual(nation.registerNumberOf(b));
        }
        const twin = (a + stride * (PEOPLE_MAX / RESIDUES)) % PEOPLE_MAX;
        expect(nation.registerNumberOf(twin)).toEqual(nation.registerNumberOf(a));
        expect(nation.bornBy(twin, dayB)).not.toBe(nation.bornBy(a, dayA));
      }),
    );
  });
});

describe('the truth of a wave is what its files say', () => {
  test.each([
    [9_999, 1, 21_300],
    [3_001, 12_345_678_901, 299_900],
    [101, 3, 200],
    [1, 4, 38_396_100],
  ])('%i applicants, seed %i, from %i on', async (applicants, seed, first) => {
    const { out, funnel } = await sharedNation(applicants, seed, first);
    const truth = truthOf(out);
    expect(naiveTruth(out, '2020-09-15')).toEqual(truth);
    expect(naiveTruth(out, '2027-12-31')).toEqual(truth);
    const passed = (stage: string) => truth.filter((line) => line.endsWith(`,${stage},passed,`)).length;
    expect(funnel.email_verified).toBe(passed('email'));
    expect(funnel.nik_valid).toBe(passed('dukcapil'));
    expect(funnel.layer3_passed).toBe(passed('layer3'));
    const niks = columnOf(out, 'nik');
    expect(funnel.registered).toBe(niks.length);
    expect(funnel.unique).toBe(new Set(niks.filter(wellFormed)).size + niks.filter((nik) => !wellFormed(nik)).length);
    const joined = new Set(rowsOf(out, 'joins.csv').map((row) => get(row, 'registration_id')));
    const nikOf = new Map(rowsOf(out, 'registrations.csv').map((row) => [get(row, 'registration_id'), row.nik]));
    expect(funnel.joined).toBe(new Set([...joined].map((id) => nikOf.get(id))).size);
  });

  test('its registry knows one stranger per sixteen registrations', async () => {
    const { out } = await sharedNation(9_999, 1, 21_300);
    const applicants = new Set(columnOf(out, 'nik'));
    const strangers = new Set(rowsOf(out, 'civil-registry.csv').map((row) => get(row, 'nik')));
    // A person whose only registrations have a malformed NIK is known by the true one, and looks like a stranger here.
    const spelt = columnOf(out, 'nik').filter((nik) => !wellFormed(nik)).length;
    const unknown = [...strangers].filter((nik) => !applicants.has(nik)).length;
    expect(unknown).toBeGreaterThanOrEqual(625);
    expect(unknown).toBeLessThanOrEqual(625 + spelt);
  });
});

test('a wave that cannot be is refused before anything is written', async () => {
  const options = { applicants: 2_000, seed: 1, out: '/nonexistent/never-made' };
  for (const first of [50, -100, 0.5, 1_650, Number.NaN]) {
    await expect(generateNation({ ...options, first }), String(first)).rejects.toThrow(/^first must be/);
  }
  expect(endOf(2_000, 38_394_000)).toBeLessThanOrEqual(PEOPLE_MAX);
  expect(endOf(2_000, 38_394_100)).toBeGreaterThan(PEOPLE_MAX);
  await expect(generateNation({ ...options, first: 38_394_100 })).rejects.toThrow(RangeError);
  await expect(generateNation({ ...options, first: 38_394_100 })).rejects.toThrow(/NIKs would repeat/);
});
