import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../helpers/database.ts';
import { clear, importer, values } from '../../helpers/import.ts';
import { NIKS, type Step, Town } from './town.ts';

const database = await testDatabase();
const load = importer(database);

async function newTown(): Promise<Town> {
  await clear(database);
  return new Town(database, load);
}

const nik = fc.nat(NIKS.length - 1);
const who = fc.nat(30);
const stage = fc.constantFrom('email' as const, 'dukcapil' as const);
const submissions = fc.array(fc.record({ nik, minute: fc.nat(4) }), { minLength: 1, maxLength: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wave' as const), submissions }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reject' as const), who, stage }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('correct' as const), who, nik }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const), nik }) },
);

describe('the waves of SQL', () => {
  it('decide as the rules do, whatever happens to a town between them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 9 }), async (steps) => {
        const town = await newTown();
        for (const [next, decide] of steps) {
          // Joining and rejecting speak of what was decided; other things may pile up before the next wave.
          if (next.kind === 'join' || next.kind === 'reject' || next.kind === 'restore') await settle(town);
          await town.take(next);
          if (decide || next.kind !== 'wave') await settle(town);
        }
        await settle(town);
      }),
      { numRuns: 30, endOnFailure: false },
    );
  }, 180_000);

  it('a verdict that changed is kept as history, and one that did not is left alone', async () => {
    const town = await newTown();
    await town.take({
      kind: 'wave',
      submissions: [
        { nik: 0, minute: 3 },
        { nik: 1, minute: 3 },
      ],
    });
    await settle(town);
    const theOther = `select decided_at::text from verdicts_dedupe join registrations using (reg) where nik = ${NIKS[1]}`;
    const before = await values(database, theOther);
    await town.take({ kind: 'wave', submissions: [{ nik: 0, minute: 1 }] });
    await settle(town);
    expect(await values(database, `select concat(outcome, ' ', why) from verdict_history`)).toEqual([
      "passed the person's registrations changed",
    ]);
    expect(await values(database, theOther)).toEqual(before);
  });
});

async function settle(town: Town): Promise<void> {
  await town.decide();
  expect(await town.actual()).toEqual(town.expected());
  expect(await town.actualPeople()).toEqual(town.expectedPeople());
  expect(await values(database, `select count(*)::int4 from touched where stage = 'dedupe'`)).toEqual([0]);
}
