import { expect, it } from 'vitest';
import { importCommand } from '../../scripts/import.ts';
import { type Hall, hall, NOON, nik } from '../helpers/batch.ts';
import { citizen, HEADER, line } from '../helpers/import.ts';

const NEXT = 'Next: "prakerja run start --wait --inline", or a running worker decides.';

async function imported(here: Hall, kind: string, ...lines: string[]): Promise<readonly string[]> {
  const file = here.file(`${kind}.csv`, `${lines.join('\n')}\n`);
  return (await here.at(NOON, () => importCommand(kind, file))).lines;
}

it('an import says what is next where somebody is to be decided, and nothing where nobody is', async () => {
  const here = await hall(2);
  const joins = ['batch,registration_id,joined_at', `1,R1,${NOON}`];
  const exclusions = 'list,nik,valid_from,valid_to,source';
  const training = ['registration_id,batch,event,training_id,at', `R1,1,purchased,T1,${NOON}`];
  expect(await imported(here, 'joins', ...joins)).toEqual([
    'joins.csv: 1 lines read, 1 imported, 0 already there, 0 quarantined.',
  ]);
  expect(await imported(here, 'training', ...training)).toHaveLength(1);
  expect(await imported(here, 'exclusions', exclusions, `asn,${nik(9)},2020-09-01,,BKN`)).toHaveLength(1);
  expect((await imported(here, 'exclusions', exclusions, `asn,${nik(1)},2020-09-01,,BKN`))[1]).toBe(NEXT);
  // What others have left to decide is not the next step of a file that changes no verdict.
  expect(await imported(here, 'joins', ...joins, `1,R2,${NOON}`)).toHaveLength(1);
  const newcomer = line({ ...citizen, registration_id: 'R3', nik: nik(3) });
  expect((await imported(here, 'registrations', HEADER, newcomer))[1]).toBe(NEXT);
});
