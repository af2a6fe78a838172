import { describe, expect, it } from 'vitest';
import { openSubmission } from '../../../db/payout.ts';
import { resolveUnknown, submitRun } from '../../../scripts/payout.ts';
import { reconcileFiles } from '../../../scripts/reconcile.ts';
import type { Office } from '../../../workers/runtime/office.ts';
import { executeHere } from '../../../workers/runtime/worker.ts';
import { account, type BankLine, paidTwice, pay, releasedRun, TODAY, type Town, town } from '../../helpers/payout.ts';

/** One fault for each of the first payment calls; the same order may come again as a later call. */
const faults = [
  { fault: 'error_text', value: '409xx01 Duplicate partnerReferenceNo' },
  { fault: 'timeout' },
  { fault: 'http_429' },
  { fault: 'disconnect' },
  { fault: 'error_text', value: '409xx00 Conflict' },
  { fault: 'http_500' },
  { fault: 'answer_lost' },
  { fault: 'html' },
  { fault: 'pending' },
  { fault: 'settle_failed' },
].map((rule, i) => ({ ...rule, from_call: i + 1, until_call: i + 1 }));
/** A bank that does not say whose the accounts are: then they are paid, or refused. */
const SILENT = { fault: 'http_500', endpoint: 'inquiry' };
/** Eight are sent at a time: the last two come when the faults are over. */
const PEOPLE = 20;

/** What the last answer to an order makes of it: after sending, after asking the bank, when statement and bank agree. */
const ends: Readonly<Record<string, readonly [sent: string, asked: string, settled: string]>> = {
  'fault:timeout': ['unknown timeout', 'unknown timeout', 'paid'],
  'fault:disconnect': ['unknown cut', 'unknown cut', 'paid'],
  'fault:answer_lost': ['unknown cut', 'paid', 'paid'],
  'fault:html': ['unknown HTTP 200, not understood', 'unknown HTTP 200, not understood', 'paid'],
  '5001800': ['unknown 5001800', 'unknown 5001800', 'paid'],
  '2021800 pending': ['unknown 2021800', 'unknown 2021800', 'paid'],
  '2021800 settle_failed': [
    'unknown 2021800',
    'rejected bank_rejected 2003600, status 06',
    'rejected bank_rejected 2003600, status 06',
  ],
  '4091800': ['unknown 4091800', 'unknown 4091800', 'paid'],
  '4091801': [
    'unknown contradiction 4091801: already at the bank',
    'unknown contradiction 4091801: already at the bank',
    'held bank_contradiction',
  ],
  '4041811': ['rejected bank_rejected 4041811', 'rejected bank_rejected 4041811', 'rejected bank_rejected 4041811'],
  '4031818': ['rejected bank_rejected 4031818', 'rejected bank_rejected 4031818', 'rejected bank_rejected 4031818'],
  '2001800': ['accepted', 'accepted', 'paid'],
};

describe.each(['honours', 'ignores'] as const)('every fault at a bank that %s the reference', (personality) => {
  it('ends in the state that the answer proves, is asked about, and is paid once', { timeout: 240_000 }, async () => {
    const numbers = Array.from({ length: PEOPLE }, (_, i) => i + 1);
    const bankAccounts = numbers.map((n) =>
      account(n, n === PEOPLE ? { status: 'closed' } : n === PEOPLE - 1 ? { status: 'inactive' } : {}),
    );
    const here = await town({ people: PEOPLE, bank: { personality }, faults: [...faults, SILENT], bankAccounts });
    await pay(here.office);
    const answers = lastAnswers(here.bankLog());
    expect(new Set(answers.values())).toEqual(new Set(Object.keys(ends)));
    const expected = (step: 0 | 1 | 2) =>
      Object.fromEntries([...answers].map(([reference, answer]) => [reference, ends[answer]?.[step]]));
    expect(await byReference(here)).toEqual(expected(0));

    // The bank alone is not believed: what it does not know stays unknown.
    const sent = here.bankLog().length;
    expect(await resolveUnknown(here.office)).toMatchObject({ exitCode: 3, json: { asked: 9, unknown: 7 } });
    expect(await byReference(here)).toEqual(expected(1));
    expect(here.bankLog().length).toBe(sent);

    // The next morning that day's statement agrees.
    const morning = await here.officeAt('2020-09-16T09:00:00+07:00');
    await reconcileFiles(morning, [await here.statement(`date=${TODAY}`)], undefined);
    expect(await resolveUnknown(morning)).toMatchObject({ exitCode: 0, json: { asked: 6, unknown: 0 } });
    expect(
      here
        .bankLog()
        .slice(sent)
        .map(({ reference }) => reference)
        .sort(),
    ).toEqual(
      [...answers]
        // What is pending the bank knows; what it had before it was sent is a person's.
        .filter(
          ([, answer]) =>
            answer !== '2021800 pending' && answer !== '4091801' && ends[answer]?.[1].startsWith('unknown'),
        )
        .map(([reference]) => reference)
        .sort(),
    );
    const evening = await reconcileFiles(morning, [await here.statement('date=2020-09-16')], undefined);
    expect(evening).toMatchObject({ exitCode: 0, json: { totals_equal: true, open_breaks: {} } });
    expect(await byReference(here)).toEqual(expected(2));
    expect(paidTwice(here.bankLog())).toEqual([]);
    const ids = here.bankLog().map(({ external_id }) => external_id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

function lastAnswers(log: readonly BankLine[]): Map<string, string> {
  return new Map(
    log.map(({ reference, answer, effect }) => [reference, answer === '2021800' ? `${answer} ${effect}` : answer]),
  );
}

async function byReference({ database }: Town): Promise<Record<string, string>> {
  const { rows } = await database.pool.query<{ reference: string; state: string }>(
    `select reference, trim(i.state || ' ' || i.reason) as state from instalments i join payment_orders using (instalment_id, order_number)`,
  );
  return Object.fromEntries(rows.map(({ reference, state }) => [reference, state]));
}

it('a worker without a bank orders nothing, and what it took is another’s to send', async () => {
  const here = await town({ people: 1 });
  const run = await releasedRun(here.office);
  await here.database.db.transaction().execute((tx) => openSubmission(tx, run));
  const without: Office = { ...here.office, config: { ...here.office.config, bank: undefined } };
  await expect(executeHere(without, 'payout', await submission(here))).rejects.toThrow('BANK_URL');
  expect(await here.states()).toEqual({ R1: 'released' });
  await submitRun(here.office, run);
  expect(await here.states()).toEqual({ R1: 'accepted' });
});

async function submission({ database }: Town): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    `select chunk_id as id from chunks where subject like 'submit:%'`,
  );
  return rows[0]?.id as string;
}
