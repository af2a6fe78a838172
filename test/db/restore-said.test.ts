import { expect, it } from 'vitest';
import { uncoveredDays } from '../../db/doubt.ts';
import { restoredIn } from '../../scripts/db.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { pay, releasedRun, TODAY, town } from '../helpers/payout.ts';

const BY = { by: 'cita', note: 'disk lost', takenAt: `${TODAY}T11:00:00+07:00` };
const MORNING = '2020-09-16T09:00:00+07:00';

it('says what it has done to how many payments, and that it cannot be taken back', async () => {
  const here = await town({ people: 2 });
  await releasedRun(here.office);
  const { lines } = await restoredIn(here.office, BY);
  expect(lines).toContain(
    '2 payments that may have been sent meanwhile are unknown now, also if nothing was restored: this cannot be taken back. They wait for bank and statement.',
  );
  expect(lines.join(' ')).not.toContain('--by WHO');
});

it('says that no name and no reason were kept, and how to give them', async () => {
  const here = await town({ people: 1 });
  const kept = async (options: object) => (await restoredIn(here.office, options)).lines.join('\n');
  const takenAt = '2020-09-15T04:00:00.000Z';
  expect(await kept({ takenAt })).toContain(
    `Nobody's name and no reason were kept. Give it again now: prakerja db restored --by WHO --note WHY --taken-at ${takenAt}`,
  );
  expect(await kept({ takenAt, by: 'cita' })).toContain('No reason was kept.');
  expect(await kept({ takenAt, note: 'disk lost' })).toContain("Nobody's name was kept.");
});

it('says that no statement is wanted when those that came since cover every day', async () => {
  const here = await town({ people: 1 });
  await pay(here.office);
  await restoredIn(here.office, BY);
  await reconcileFiles(here.office, [await here.statement(`date=${TODAY}`)], undefined);
  const again = await restoredIn(here.office, BY);
  expect(again.json).toMatchObject({ statements_wanted: [] });
  const said = again.lines.join('\n');
  expect(said).toContain('No statement is wanted');
  expect(said).not.toContain('undefined');
});

it('a statement whose time is after now was there before: it proves nothing of the lost time', async () => {
  const here = await town({ people: 1 });
  await pay(here.office);
  await reconcileFiles(await here.officeAt(MORNING), [await here.statement(`date=${TODAY}`)], undefined);
  // The clock goes back.
  expect((await restoredIn(here.office, BY)).json).toMatchObject({ statements_wanted: [TODAY] });
  await reconcileFiles(await here.officeAt(MORNING), [await here.statement(`date=${TODAY}`)], undefined);
  expect(await uncoveredDays(here.database.db)).toEqual([]);
});
