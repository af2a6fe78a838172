import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resolveUnknown } from '../../scripts/payout.ts';
import { reconcileFiles } from '../../scripts/reconcile.ts';
import { references } from '../helpers/bank-messages.ts';
import { type Debit, type Reconciled, reconciling, statement } from '../helpers/camt.ts';
import { pay, town } from '../helpers/payout.ts';

const NEXT = '2020-09-16T09:00:00+07:00';
const FEE_IDR = 2_500;

type Paid = Reconciled & { readonly debit: Debit; readonly feeBack: Debit };

/** One order that the bank has taken, debited with a fee. */
async function withFee(): Promise<Paid> {
  const here = await reconciling(await town({ people: 1 }));
  await pay(here.office);
  expect(await here.states()).toEqual({ R1: 'accepted' });
  const { R1: reference = '' } = await references(here);
  return {
    ...here,
    debit: { reference, idr: 600_000 + FEE_IDR },
    feeBack: { reference, idr: FEE_IDR, returned: true },
  };
}

it('is asked about, and paid by the bank’s word; what it is too large by stays a break', async () => {
  const here = await withFee();
  expect(await here.reconciled([here.debit])).toMatchObject({ open_breaks: { amount_mismatch: 1 } });
  expect(await here.states()).toEqual({ R1: 'accepted' });
  expect(await resolveUnknown(await here.officeAt(NEXT))).toMatchObject({ json: { asked: 1 } });
  expect(await here.states()).toEqual({ R1: 'paid' });
  expect(await here.reconciled([], 'S2', 9_397_500)).toMatchObject({ exitCode: 3, totals_equal: false });
});

it.each<[string, (here: Paid) => Promise<unknown>]>([
  [
    'on a later statement',
    async (here) => {
      await here.reconciled([here.debit]);
      return here.reconciled([here.feeBack], 'S2', 9_397_500);
    },
  ],
  ['on the same one', (here) => here.reconciled([here.debit, here.feeBack])],
  ['on the same one, before it', (here) => here.reconciled([here.feeBack, here.debit])],
])('whose excess came back %s is a payment, and the three totals agree', async (_, happens) => {
  const here = await withFee();
  expect(await happens(here)).toMatchObject({ totals_equal: true });
  expect(await here.states()).toEqual({ R1: 'paid' });
});

it('to somebody else is not paid by the bank’s word, nor when what it is too large by comes back', async () => {
  const here = await withFee();
  const path = join(here.dir, 'another.xml');
  const another = '<RltdPties><CdtrAcct><Id><Othr><Id>0011299999</Id></Othr></Id></CdtrAcct></RltdPties></TxDtls>';
  writeFileSync(path, statement([here.debit], 'S1').replace('</TxDtls>', another));
  const { json } = await reconcileFiles(await here.officeAt(NEXT), [path], undefined);
  expect(json).toMatchObject({ open_breaks: { amount_mismatch: 1, payee_mismatch: 1 } });
  await here.reconciled([here.feeBack], 'S2', 9_397_500);
  expect(await resolveUnknown(await here.officeAt(NEXT))).toMatchObject({ json: { asked: 0 } });
  expect(await here.states()).toEqual({ R1: 'accepted' });
});
