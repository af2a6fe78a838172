import { createReadStream, existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrakerjaError } from '../../../../jobs/errors.ts';
import { judgeFileStatus } from '../../../../workers/payout/files/judge-status.ts';
import { readPain002, type StatusEvent } from '../../../../workers/payout/files/pain002.ts';
import { utf8 } from '../../../../workers/payout/statement/text.ts';
import { corpus } from '../../../helpers/corpora.ts';
import { orderStatus, report } from './report-writer.ts';

async function read(text: string, size = 50): Promise<StatusEvent[]> {
  const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
  return readStream(Readable.from(pieces));
}

async function readStream(texts: AsyncIterable<string>): Promise<StatusEvent[]> {
  const all: StatusEvent[] = [];
  for await (const events of readPain002(texts)) all.push(...events);
  return all;
}

const ORDERS = [orderStatus('P1', 'ACSC', { bankReference: 'B-1' }), orderStatus('P2', 'RJCT', { reason: 'AC04' })];
const COUNTS = '<OrgnlNbOfTxs>2</OrgnlNbOfTxs>';
const of = (code: string, count: number) =>
  `<NbOfTxsPerSts><DtldNbOfTxs>${count}</DtldNbOfTxs><DtldSts>${code}</DtldSts></NbOfTxsPerSts>`;

describe('a report', () => {
  it('is read: its file, its payment, its orders', async () => {
    const text = report({
      group: `${COUNTS}<GrpSts>PART</GrpSts>`,
      payment: '<OrgnlCtrlSum>5.00</OrgnlCtrlSum>',
      orders: ORDERS,
    });
    expect(await read(text, 7)).toEqual([
      { kind: 'file', messageId: 'PRAKERJA-RUN-1', status: { outcome: 'open', reason: '', count: 2, sum: null } },
      {
        kind: 'payment',
        paymentId: 'PRAKERJA-RUN-1',
        status: { outcome: null, reason: '', count: null, sum: 500_000n },
      },
      { kind: 'order', order: { reference: 'P1', outcome: 'accepted', reason: '', bankReference: 'B-1' } },
      { kind: 'order', order: { reference: 'P2', outcome: 'rejected', reason: 'AC04', bankReference: null } },
    ]);
  });

  it.each([
    ['ACTC', 'accepted'],
    ['ACCP', 'accepted'],
    ['ACSP', 'accepted'],
    ['ACSC', 'accepted'],
    ['ACCC', 'accepted'],
    ['ACPD', 'accepted'],
    ['ACFC', 'accepted'],
    ['ACWP', 'accepted'],
    ['RJCT', 'rejected'],
    ['CANC', 'rejected'],
    ['PDNG', 'open'],
    ['PATC', 'open'],
    ['BLCK', 'open'],
  ])('%s is %s, of an order, a payment or the file', async (code, outcome) => {
    const group = `<GrpSts>${code}</GrpSts>`;
    const payment = `<OrgnlNbOfTxs>2</OrgnlNbOfTxs>${of(code, 2)}<PmtInfSts>${code}</PmtInfSts>`;
    expect(await read(report({ group, payment, orders: [orderStatus('P1', code)] }))).toMatchObject([
      { kind: 'file', status: { outcome } },
      { kind: 'payment', status: { outcome } },
      { kind: 'order', order: { outcome } },
    ]);
    expect(await read(report({ group, payment: of(code, 2) }))).toMatchObject([{ status: { outcome } }, {}]);
  });

  it.each([
    ['CUST', 'rejected'],
    ['DU03', 'duplicate'],
    ['DUPL', 'duplicate'],
  ])('CANC with the reason %s is %s', async (reason, outcome) => {
    const events = await read(report({ orders: [orderStatus('P1', 'CANC', { reason })] }));
    expect(events.at(-1)).toMatchObject({ order: { outcome, reason } });
  });

  it('of a payment without orders tells the status of the payment', async () => {
    const events = await read(
      report({ payment: '<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Prtry>X-1 a</Prtry></Rsn></StsRsnInf>' }),
    );
    expect(events.slice(1)).toMatchObject([{ kind: 'payment', status: { outcome: 'rejected', reason: 'X-1 a' } }]);
  });

  it.each<[string, string, string]>([
    ['more orders than it counts', `<OrgnlNbOfTxs>1</OrgnlNbOfTxs>`, 'contradicts itself'],
    ['statuses that do not add up', `${COUNTS}${of('ACSC', 2)}${of('RJCT', 1)}`, 'contradicts itself'],
    [
      'a refusal without its order',
      `<OrgnlNbOfTxs>3</OrgnlNbOfTxs>${of('ACSC', 1)}${of('RJCT', 2)}`,
      'contradicts itself',
    ],
    [
      'a cancelled order without its name',
      `<OrgnlNbOfTxs>3</OrgnlNbOfTxs>${of('ACSC', 1)}${of('RJCT', 1)}${of('CANC', 1)}`,
      'contradicts itself',
    ],
    [
      'a blocked order without its name among those that it takes',
      `<OrgnlNbOfTxs>3</OrgnlNbOfTxs>${of('ACSC', 1)}${of('RJCT', 1)}${of('BLCK', 1)}<PmtInfSts>ACSP</PmtInfSts>`,
      'contradicts itself',
    ],
    ['an order of a status that it does not count', `${COUNTS}${of('PDNG', 1)}${of('RJCT', 1)}`, 'contradicts itself'],
    ['a count that is none', '<OrgnlNbOfTxs>two</OrgnlNbOfTxs>', 'OrgnlNbOfTxs cannot be read'],
  ])('with %s is refused', async (_, payment, message) => {
    const reading = read(report({ payment, orders: ORDERS }));
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ exitCode: 2 });
  });

  it.each<[string, string, string]>([
    ['counts that agree', `${COUNTS}${of('ACSC', 1)}${of('RJCT', 1)}`, 'order'],
    [
      'a payment refused whole, its orders counted but not named',
      `<PmtInfSts>RJCT</PmtInfSts>${of('RJCT', 2)}`,
      'order',
    ],
  ])('with %s is read', async (_, payment, kind) => {
    const orders = payment.includes('PmtInfSts') ? [orderStatus('P2', 'RJCT')] : ORDERS;
    expect((await read(report({ payment, orders }))).at(-1)).toMatchObject({ kind });
  });

  it.each<[string, string, string]>([
    ['a status that is not known', report({ orders: [orderStatus('P1', 'XXXX')] }), 'the status XXXX'],
    ['an order without a status', report({ orders: [orderStatus('P1', '')] }), 'the status (none)'],
    ['an order without a reference', report({ orders: [orderStatus('', 'ACSC')] }), 'OrgnlEndToEndId'],
    ['no file', '<Document><CstmrPmtStsRpt></CstmrPmtStsRpt></Document>', 'no pain.002'],
    ['another message', '<Document><BkToCstmrStmt/></Document>', 'no pain.002'],
    ['an end that is missing', report({ orders: ORDERS }).slice(0, -20), 'broken off'],
  ])('with %s is refused', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('with any character changed is read or refused, never a crash', async () => {
    const good = report({ group: `${COUNTS}<GrpSts>PART</GrpSts>`, orders: ORDERS });
    const spoiled = fc.tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 1 }));
    await fc.assert(
      fc.asyncProperty(spoiled, async ([at, char]) => {
        const error = await read(good.slice(0, at) + char + good.slice(at + 1)).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(PrakerjaError);
      }),
      { numRuns: 300 },
    );
  });
});

/** Other people's reports, read where they lie: message, status of file and payment, outcomes and reasons of orders. */
const FILES: readonly (readonly [string, string | null, string | null, string])[] = [
  ['nordea/pain_002_v3_group_reject.xml', 'duplicate', null, ''],
  ['nordea/pain_002_v3_payment_reject.xml', null, 'rejected', ''],
  ['nordea/pain_002_v3_txn_reject.xml', null, 'rejected', 'rejected NARR,rejected NARR'],
  ['goldman_sachs/pain_002_v3_accepted.xml', null, null, 'accepted NARR'],
  ['goldman_sachs/pain_002_v3_group_accepted.xml', 'accepted', null, ''],
  ['goldman_sachs/pain_002_v3_payment_accepted.xml', null, 'accepted', ''],
  ['cross_river/pain_002_batch_rejected.xml', 'rejected', null, ''],
  ['cross_river/pain_002_credit_accepted.xml', 'accepted', 'accepted', 'accepted'],
  [
    'cross_river/pain_002_transaction_rejected.xml',
    'accepted',
    'rejected',
    'rejected NARR,rejected NARR,rejected NARR',
  ],
];

describe.each(FILES)('%s', (file, whole, payment, orders) => {
  const path = corpus(`statements/iso20022/${file}`);
  const isPresent = existsSync(path);
  it('is read', async () => {
    const own = report({ group: '<GrpSts>ACTC</GrpSts>', payment: '<PmtInfSts>ACCP</PmtInfSts>', orders: ORDERS });
    const events = await readStream(isPresent ? utf8(createReadStream(path)) : Readable.from([own]));
    const statusOf = (kind: string) =>
      events.flatMap((event) => (event.kind === kind && event.kind !== 'order' ? [event.status.outcome] : []))[0] ??
      null;
    const said = events.flatMap((event) =>
      event.kind === 'order' ? [`${event.order.outcome} ${event.order.reason}`.trim()] : [],
    );
    const expected = isPresent ? [whole, payment, orders] : ['accepted', 'accepted', 'accepted,rejected AC04'];
    expect([statusOf('file'), statusOf('payment'), said.join(',')]).toEqual(expected);
  });
});

describe('judgeFileStatus', () => {
  it.each([
    ['submitting', 'accepted', 'accepted'],
    ['unknown', 'accepted', 'accepted'],
    ['accepted', 'accepted', 'none'],
    ['paid', 'accepted', 'none'],
    ['rejected', 'accepted', 'contradiction'],
    ['held', 'accepted', 'contradiction'],
    ['submitting', 'rejected', 'rejected'],
    ['accepted', 'rejected', 'rejected'],
    ['rejected', 'rejected', 'none'],
    ['returned', 'rejected', 'none'],
    ['paid', 'rejected', 'contradiction'],
    ['paid', 'open', 'none'],
    ['submitting', null, 'none'],
    ['due', 'rejected', 'none'],
    ['submitting', 'duplicate', 'none'],
    ['accepted', 'duplicate', 'none'],
  ] as const)('%s and %s: %s', (state, outcome, judged) => {
    const booked = state === 'paid' || state === 'returned';
    expect(judgeFileStatus({ state, current: true, booked, debited: false }, outcome)).toMatchObject({ judged });
  });

  it('a refusal of what a statement shows as debited is a person’s work', () => {
    const order = { state: 'accepted', current: true, booked: false, debited: true } as const;
    expect(judgeFileStatus(order, 'rejected')).toEqual({ judged: 'contradiction', opens: 'missing_in_bank' });
    expect(judgeFileStatus({ ...order, state: 'submitting' }, 'accepted')).toEqual({ judged: 'accepted' });
  });

  it('of an order that has a newer one: a refusal is history, a yes is a person’s work unless it was paid and came back', () => {
    const old = { state: 'submitting', current: false, booked: false, debited: false } as const;
    expect(judgeFileStatus(old, 'rejected')).toEqual({ judged: 'none' });
    expect(judgeFileStatus(old, 'accepted')).toEqual({ judged: 'contradiction', opens: 'missing_in_ledger' });
    expect(judgeFileStatus({ ...old, booked: true }, 'accepted')).toEqual({ judged: 'none' });
  });
});
