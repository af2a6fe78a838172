import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { importCommand } from '../../scripts/import.ts';
import { closedBatch, confirmedBatch, type Hall, hall, NOON, nik } from '../helpers/batch.ts';
import { runCommand } from '../helpers/commands.ts';
import { citizen, HEADER, line } from '../helpers/import.ts';
import { officeEnvironment } from '../helpers/office.ts';
import { ACCOUNTS, account } from '../helpers/payees.ts';

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

const TRAINING = 'registration_id,batch,event,training_id,at';

it('an old file that comes again says when it was imported and what it takes, by its name, zipped or on stdin', {
  timeout: 120_000,
}, async () => {
  const here = await hall(1);
  const accounts = (status: string) => [ACCOUNTS, account(1, { status })];
  await imported(here, 'accounts', ...accounts('active'));
  await imported(here, 'accounts', ...accounts('closed'));
  const [sentence] = await imported(here, 'accounts', ...accounts('active'));
  expect(sentence).toBe(
    'accounts.csv: 1 lines read, 0 imported, 1 already there, 0 quarantined. The very same content was imported whole on ' +
      '2020-09-15 at 12:00 WIB: what later files have replaced since stays so. A line that is to count again has to come in a new file.',
  );
  const environment = { ...officeEnvironment(here.database, 'redis', here.dir), PRAKERJA_NOW: NOON };
  const input = `${accounts('active').join('\n')}\n`;
  for (const content of [input, gzipSync(input)]) {
    const { code, stdout } = await runCommand(['import', 'accounts', '-', '--json'], environment, content);
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ imported: 0, unchanged: 1 })]);
  }
  expect((await here.database.pool.query('select status from accounts')).rows).toEqual([{ status: 'closed' }]);
});

it('training of people who take part in no such batch is imported, and the sentence says that nothing is due', async () => {
  const here = await hall(3);
  await closedBatch(here, 1, here.policy({}), here.quota('32,2'), [1, 2]);
  await confirmedBatch(here, 1);
  const all = [1, 2, 3].flatMap((n) => [`R${n},1,purchased,T1,${NOON}`, `R${n},1,completed,T1,${NOON}`]);
  const done = 'training.csv: 7 lines read, 7 imported, 0 already there, 0 quarantined.';
  expect(await imported(here, 'training', TRAINING, ...all, `R1,2,purchased,T1,${NOON}`)).toEqual([
    `${done} Nothing is due for 3 of the lines: they are of people who do not take part in that batch (yet).`,
  ]);
});
