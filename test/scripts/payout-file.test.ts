import { existsSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { walkChain } from '../../db/audit.ts';
import { moveInstalments } from '../../db/instalments.ts';
import { trialBalance } from '../../db/ledger.ts';
import { holdPerson } from '../../db/payment-holds.ts';
import { type FileTotals, fileTotals } from '../../db/payout-files.ts';
import { recordFile } from '../../db/written-files.ts';
import { prepareRunOf, resolveUnknown, stopIt, submitRun } from '../../scripts/payout.ts';
import { writeRun } from '../../scripts/payout-file.ts';
import { rejectIn } from '../../scripts/payout-reject.ts';
import { statement, taking } from '../helpers/camt.ts';
import { type FileTown, released } from '../helpers/file-town.ts';
import { ACCOUNTS, account } from '../helpers/payees.ts';
import { nik, pay, TODAY, town } from '../helpers/payout.ts';

/** A second "payout file" of the same run, which screens its people again. */
async function toAnotherAccount(here: FileTown): Promise<void> {
  const corrected = account(1, { linked_at: `${TODAY}T14:00:00+07:00` }).replace('00112', '00999');
  await here.load('accounts', ACCOUNTS, corrected);
  const later = await here.officeAt(`${TODAY}T15:00:00+07:00`);
  await expect(writeRun(later, here.run, { out: join(here.dir, 'nowhere', 'run.xml') })).rejects.toThrow();
}

const SUBMITTING = { R1: 'submitting', R2: 'submitting', R3: 'submitting' };

describe('payout file', () => {
  it('is nobody’s but its owner’s to read', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    expect((statSync(here.out).mode & 0o777).toString(8)).toBe('600');
  });

  it('holds everybody whose clock was behind the one that released the run, and the same again', async () => {
    const here = await released();
    const behind = await here.officeAt(`${TODAY}T11:59:00+07:00`);
    const first = await writeRun(behind, here.run, { out: here.out });
    expect(first).toMatchObject({ exitCode: 0, json: { count: 3, total_idr: '1800000' } });
    expect((await writeRun(here.office, here.run, { out: here.out })).json).toEqual(first.json);
  });

  it('is not written when it would leave out what is being submitted', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    await here.database.pool.query('update payment_orders set payout_run = null where reference = $1', [
      here.references()[0],
    ]);
    await expect(writeRun(here.office, here.run, { out: here.out })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('1 orders of payout run 1 are being submitted and would not be in its file'),
    });
  });

  it('orders the run, writes it, and writes the same again byte for byte, orders nobody twice, and calls no bank', async () => {
    const here = await released();
    const first = await writeRun(here.office, here.run, { out: here.out });
    expect(first).toMatchObject({ exitCode: 0, json: { run: '1', count: 3, total_idr: '1800000' } });
    expect(await here.states()).toEqual(SUBMITTING);
    expect(await trialBalance(here.database.db)).toMatchObject({ in_flight: '1800000', programme: '0' });
    const text = here.file();
    expect(XMLValidator.validate(text)).toBe(true);
    expect(text).toContain('<CtrlSum>1800000.00</CtrlSum>');
    expect(text).toContain('<CreDtTm>2020-09-15T12:00:00+07:00</CreDtTm>');
    expect(new Set(here.references()).size).toBe(3);
    const later = await here.officeAt('2020-09-17T09:00:00+07:00');
    expect((await writeRun(later, here.run, { out: here.out })).json).toEqual(first.json);
    expect(here.file()).toBe(text);
    expect(await here.states()).toEqual(SUBMITTING);
    const { rows } = await here.database.pool.query('select reference from payment_orders');
    expect(rows.length).toBe(3);
    expect(here.bankLog()).toEqual([]);
    expect(await walkChain(here.database.db)).toMatchObject({ broken: null });
  });

  it('holds whom submission would hold; nobody left is no file', async () => {
    const here = await released(2);
    await here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-15,,BKN`);
    expect(await writeRun(here.office, here.run, { out: here.out })).toMatchObject({ json: { count: 1 } });
    expect(await here.states()).toEqual({ R1: 'held excluded_asn', R2: 'submitting' });
    const alone = await released(1);
    await alone.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-15,,BKN`);
    expect(await writeRun(alone.office, alone.run, { out: alone.out })).toMatchObject({
      exitCode: 3,
      json: { count: 0 },
    });
    expect(existsSync(alone.out)).toBe(false);
  });

  it('goes on after an interruption, and leaves no half a file', async () => {
    const here = await released();
    const lost = writeRun(here.office, here.run, { out: join(here.dir, 'nowhere', 'run.xml') });
    await expect(lost).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('run this again') });
    expect(await here.states()).toEqual(SUBMITTING);
    expect(await writeRun(here.office, here.run, { out: here.out })).toMatchObject({ exitCode: 0, json: { count: 3 } });
    expect(existsSync(`${here.out}.part`)).toBe(false);
  });

  it('takes away what a process that died a day ago has left beside it, and nothing else', async () => {
    const here = await released();
    const parts = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
    const [old = '', young = ''] = parts.map((id) => `${here.out}.${id}.part`);
    const other = `${here.out}.mine.part`;
    for (const path of [old, young, other]) writeFileSync(path, '');
    const dayBefore = new Date(Date.now() - 25 * 3_600_000);
    for (const path of [old, other]) utimesSync(path, dayBefore, dayBefore);
    await writeRun(here.office, here.run, { out: here.out });
    expect([old, young, other].map((path) => existsSync(path))).toEqual([false, true, true]);
  });

  it('screens again what was ordered before an interruption, and its money is the treasury’s again', async () => {
    const here = await released();
    await expect(writeRun(here.office, here.run, { out: join(here.dir, 'nowhere', 'run.xml') })).rejects.toThrow();
    const { db } = here.database;
    const later = await here.officeAt(`${TODAY}T15:00:00+07:00`);
    await resolveUnknown(later);
    await here.load('exclusions', 'list,nik,valid_from,valid_to,source', `asn,${nik(1)},2020-09-15,,BKN`);
    await db.transaction().execute((tx) => holdPerson(tx, 'R2', 'cita', 'asked to wait', later.config.now()));
    expect((await writeRun(later, here.run, { out: here.out })).json).toMatchObject({ count: 1, total_idr: '600000' });
    expect(await here.states()).toMatchObject({ R1: 'held excluded_asn', R2: 'held held_by_operator' });
    expect(here.references()).toEqual([await here.referenceOf('R3')]);
    expect(await trialBalance(db)).toMatchObject({ in_flight: '600000', programme: '0', treasury: '-600000' });
    expect((await writeRun(later, here.run, { out: here.out })).json).toMatchObject({ count: 1 });
  });

  it('is ordered anew after an interruption: on the day on which it is written, to the account in force', async () => {
    const here = await released();
    await expect(writeRun(here.office, here.run, { out: join(here.dir, 'nowhere', 'run.xml') })).rejects.toThrow();
    const corrected = account(1, { linked_at: `${TODAY}T14:00:00+07:00` }).replace('00112', '00999');
    await here.load('accounts', ACCOUNTS, corrected);
    await writeRun(await here.officeAt('2020-09-18T09:00:00+07:00'), here.run, { out: here.out });
    expect(here.file()).toContain('<ReqdExctnDt><Dt>2020-09-18</Dt></ReqdExctnDt>');
    expect(here.file()).toContain('00999');
  });

  it('leaves out what a statement debits though it was never handed over', async () => {
    const here = await released();
    await expect(writeRun(here.office, here.run, { out: join(here.dir, 'nowhere', 'run.xml') })).rejects.toThrow();
    const debit = { reference: await here.referenceOf('R1'), idr: 500_000 };
    await taking(here)('2020-09-16T09:00:00+07:00', statement([debit], 'S1'));
    const later = await here.officeAt('2020-09-16T10:00:00+07:00');
    expect((await writeRun(later, here.run, { out: here.out })).json).toMatchObject({ count: 2 });
    expect(await here.states()).toMatchObject({ R1: 'held bank_contradiction' });
  });

  it('leaves out what two people have ended before it was written, and nobody is paid twice', async () => {
    const here = await released();
    await expect(writeRun(here.office, here.run, { out: join(here.dir, 'nowhere', 'run.xml') })).rejects.toThrow();
    const later = await here.officeAt('2020-09-16T09:00:00+07:00');
    await resolveUnknown(later);
    await taking(here)('2020-09-16T09:00:00+07:00', statement([], 'S1'));
    for (const word of [
      { by: 'ayu', note: 'never handed over' },
      { by: 'budi', confirm: true },
    ])
      await rejectIn(later, `PRAKERJA-RUN-${here.run}`, word);
    expect((await writeRun(later, here.run, { out: here.out })).json).toMatchObject({ count: 0 });
    expect(existsSync(here.out)).toBe(false);
  });

  it.each<[string, (here: FileTown) => Promise<unknown>]>([
    [
      'held',
      ({ database, office }) => {
        const held = [{ instalmentId: '1', to: 'held', reason: 'excluded_asn' }];
        return database.db
          .transaction()
          .execute((tx) => moveInstalments(tx, ['submitting'], held, office.config.now()));
      },
    ],
    ['ordered to another account', toAnotherAccount],
  ])('is not handed over when an order of it was %s while it was written', async (_, happens) => {
    const here = await released();
    await expect(writeRun(here.office, here.run, { out: join(here.dir, 'nowhere', 'run.xml') })).rejects.toThrow();
    const { db } = here.database;
    const totals = () => db.transaction().execute((tx) => fileTotals(tx, here.run));
    const record = (was: FileTotals) =>
      db
        .transaction()
        .execute((tx) =>
          recordFile(tx, here.run, { totals: was, sha256: 'f'.repeat(64), by: 'ayu', now: here.office.config.now() }),
        );
    const before = await totals();
    await happens(here);
    await expect(record(before)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('run this again'),
    });
    await record(await totals());
  });

  it('takes the run for itself: it can be neither submitted nor stopped, and what was submitted goes by no file', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    await expect(submitRun(here.office, here.run)).rejects.toThrow('payout run 1 is done');
    await expect(stopIt(here.office, here.run, 'budi')).rejects.toThrow('payout run 1 is done');
    const other = await town({ people: 1 });
    await pay(other.office);
    await expect(writeRun(other.office, '1', { out: here.out })).rejects.toThrow('payout run 1 is done');
    await other.database.pool.query(`update payout_runs set state = 'released'`);
    await expect(writeRun(other.office, '1', { out: here.out })).rejects.toThrow('begun with "payout submit"');
  });

  it('refuses a run that is not released, and no account', async () => {
    const here = await town({ people: 1 });
    await prepareRunOf(here.office, 'ayu');
    const out = join(here.dir, 'run.xml');
    await expect(writeRun(here.office, '1', { out })).rejects.toThrow('payout run 1 is prepared');
    await expect(writeRun(here.office, '9', { out })).rejects.toThrow('there is no payout run 9');
    await expect(writeRun(here.office, '1', { out, account: '<1>' })).rejects.toThrow('--account');
  });

  it('does not write another file than the first', async () => {
    const here = await released();
    await writeRun(here.office, here.run, { out: here.out });
    const text = here.file();
    const other = writeRun(here.office, here.run, { out: here.out, account: '999' });
    await expect(other).rejects.toThrow('would be another than the first');
    await expect(other).rejects.toMatchObject({ exitCode: 2 });
    expect(here.file()).toBe(text);
    expect(existsSync(`${here.out}.part`)).toBe(false);
  });
});
